"""Train a judge, and gauge it: what its distances say of real images, fresh and damaged."""

from pathlib import Path

import numpy as np

from atelier.core import files, images, seeds
from atelier.core.params.judge import Gauge, Judge
from atelier.metrics import corruption
from atelier.metrics.proxies import proxies
from atelier.pipeline import checkpoint, loop, networks
from atelier.pipeline import features as judge_features
from atelier.pipeline.batches import Batches
from atelier.pipeline.prepared import Prepared


def judge(prepared: Prepared, params: Judge, out: Path, checkpoints: Path) -> None:
    """Train the judge of a dataset and write it to `out`, with its accuracy, reference features and gauge.

    The train split trains it, the validation split chooses the epoch, the test split gives its accuracy.

    Raises:
        ValueError: `params.gauge` asks for more images than a split has, or for a class that there is not.
    """
    spec = prepared.spec
    _check(params.gauge, prepared)
    network = networks.build("classifier", params.train, spec, seed=params.train.seed, precision=params.train.precision)
    workspace = checkpoint.workspace(checkpoints, "classifier", params.train, spec)
    batches = Batches(
        (prepared.images("train"), prepared.labels("train")),
        params.train.batch,
        params.train.seed,
        augment=lambda batch, generator: augment(batch, generator, params.train.shift, params.train.flip),
    )
    validation = (prepared.images("validation"), prepared.labels("validation"))
    progress = loop.fit(network.model, batches, validation, params.train, workspace)
    with files.atomic_directory(out) as directory:
        networks.save(network, directory)
        loop.write_history(directory / "history.csv", progress)
        _write_gauge(network, prepared, params.gauge, directory)


def augment(batch: np.ndarray, generator: np.random.Generator, shift: int, flip: bool) -> np.ndarray:
    """Shift each image by up to `shift` pixels, filling with its edge, and mirror half of them if `flip`.

    Args:
        batch: uint8 ``(n, h, w, c)``.
    """
    count, height, width, _ = batch.shape
    padded = np.pad(batch, ((0, 0), (shift, shift), (shift, shift), (0, 0)), mode="edge")
    corners = generator.integers(0, 2 * shift + 1, (2, count, 1))
    rows = corners[0] + np.arange(height)
    columns = corners[1] + np.arange(width)
    mirrored = (generator.random((count, 1)) < 0.5) & flip
    columns = np.where(mirrored, columns[:, ::-1], columns)
    return padded[np.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]


def draws(prepared: Prepared, gauge: Gauge) -> dict[str, np.ndarray]:
    """Draws of `gauge.samples` real images, in random order: of the test split, of the train split, and damaged ones.

    Returns:
        uint8 ``(samples, h, w, c)`` by name; the damaged draws start from the train split's.
    """
    chosen = {
        split: seeds.generator(gauge.seed, split).permutation(prepared.spec.sizes[split])
        for split in (judge_features.REAL, judge_features.FLOOR)
    }
    kept = prepared.labels("train")[chosen["train"]] != gauge.missing_class
    test = prepared.images("test")[chosen["test"][: gauge.samples]]
    train = prepared.images("train")[chosen["train"][: gauge.samples]]
    missing_class = prepared.images("train")[chosen["train"][kept][: gauge.samples]]
    return {
        "test": test,
        "train": train,
        "blur": corruption.blur(train, gauge.blur),
        "noise": corruption.noise(train, gauge.noise, gauge.seed),
        "missing_class": missing_class,
    }


def _write_gauge(network: networks.Network, prepared: Prepared, gauge: Gauge, directory: Path) -> None:
    pictures = draws(prepared, gauge)
    features = {name: judge_features.features(network, drawn) for name, drawn in pictures.items()}
    for name, array in features.items():
        files.write_array(directory / f"features_{name}.npy", array)
    table = {
        "floor" if name == judge_features.FLOOR else name: measure(features[judge_features.REAL], features[name], gauge)
        for name in (judge_features.FLOOR, *judge_features.CEILINGS)
    }
    labels = np.asarray(prepared.labels("test"))
    verdicts = judge_features.verdicts(network, judge_features.features(network, prepared.images("test")))
    right = verdicts.argmax(axis=1) == labels
    classes = prepared.spec.classes
    summary = {
        "test_accuracy": float(right.mean()),
        "class_accuracy": {name: float(right[labels == i].mean()) for i, name in enumerate(classes)},
        "parameters": network.model.count_params(),
        "features": network.config.features,
        "samples": gauge.samples,
        "gauge": table,
    }
    files.write_json(directory / "judge.json", summary)
    _write_pictures(pictures, classes[gauge.missing_class], directory)
    print(f"judge of {prepared.spec.name}: test accuracy {right.mean():.4f}, floor fd {table['floor']['fd']:.3g}")


def measure(real: np.ndarray, other: np.ndarray, gauge: Gauge) -> dict[str, float]:
    """All proxies between two draws of features, as `gauge` sets them."""
    return proxies(
        real,
        other,
        neighbours=gauge.neighbours,
        subsets=gauge.subsets,
        subset_size=gauge.subset_size,
        seed=gauge.seed,
    )


def _write_pictures(pictures: dict[str, np.ndarray], missing: str, directory: Path) -> None:
    labels = {"train": "train", "blur": "blur", "noise": "noise", "missing_class": f"no {missing}"}
    columns = 12
    rows = np.concatenate([pictures[name][:columns] for name in labels])
    images.write_png(directory / "gauge.png", images.labelled_rows(rows, list(labels.values()), columns, scale=2))
    caption = "What the floor (train) and the ceilings are measured on, each against a draw of the test split."
    exhibit = {"file": "gauge.png", "title": "How the judge is gauged", "caption": caption}
    files.write_json(directory / "pictures.json", [exhibit])


def _check(gauge: Gauge, prepared: Prepared) -> None:
    spec = prepared.spec
    if gauge.missing_class >= len(spec.classes):
        raise ValueError(
            f"gauge.missing_class: got {gauge.missing_class}; {spec.name} has classes 0 to {len(spec.classes) - 1}"
        )
    absent = set(range(len(spec.classes))) - set(np.unique(prepared.labels("test")).tolist())
    if absent:
        raise ValueError(f"the test split of {spec.name} has no image of: {', '.join(spec.classes[i] for i in absent)}")
    train = int((prepared.labels("train") != gauge.missing_class).sum())
    for split, available in (("test", spec.sizes["test"]), ("train (one class left out)", train)):
        if gauge.samples > available:
            raise ValueError(
                f"gauge.samples: got {gauge.samples}; the {split} split of {spec.name} has {available} images"
            )
