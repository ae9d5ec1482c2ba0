"""Train a judge, and gauge it: what its distances say of real images, fresh and damaged."""

from pathlib import Path
from typing import Any

import numpy as np

from atelier.core import files, images, seeds
from atelier.core.params.judge import Gauge, Judge
from atelier.metrics import corruption
from atelier.metrics.classes import balanced_accuracy
from atelier.metrics.proxies import proxies
from atelier.pipeline import checkpoint, loop, networks
from atelier.pipeline import features as judge_features
from atelier.pipeline.batches import Batches, moved
from atelier.pipeline.prepared import Prepared


def judge(prepared: Prepared, params: Judge, out: Path, checkpoints: Path) -> None:
    """Train the judge of a dataset and write it to `out`, with its accuracy, reference features and gauge.

    The train split trains it, the validation split chooses the epoch, the test split gives its accuracy. Attributes are
    weighted so that having one counts as much as lacking it, however rare it is; accuracies are then balanced.

    Raises:
        ValueError: `params.gauge` asks for more images than a split has, or for a class that there is not.
    """
    spec = prepared.spec
    _check(params.gauge, prepared)
    network = networks.build("classifier", params.train, spec, seed=params.train.seed, precision=params.train.precision)
    workspace = checkpoint.workspace(checkpoints, "classifier", params.train, spec)
    weigh = attribute_weights(prepared.labels("train")) if spec.attributes else None
    batches = Batches(
        _weighted(prepared, "train", weigh),
        params.train.batch,
        params.train.seed,
        augment=lambda batch, generator: moved(batch, generator, params.train.shift, params.train.flip),
    )
    validate = loop.held_out(_weighted(prepared, "validation", weigh))
    progress = loop.fit(network.model, batches, validate, "val_loss", params.train, workspace)
    with files.atomic_directory(out) as directory:
        networks.save(network, directory)
        loop.write_history(directory / "history.csv", progress)
        _write_gauge(network, prepared, params.gauge, directory)


def attribute_weights(bits: np.ndarray) -> np.ndarray:
    """How much lacking (row 0) and having (row 1) each attribute counts, float32 ``(2, attributes)``.

    Both sides of an attribute weigh one half together, so that a verdict's threshold of one half lies where the two
    kinds of error are equally likely.

    Args:
        bits: of the train split, ``(n, attributes)``; each attribute is neither in all nor in none.
    """
    shares = np.asarray(bits).mean(axis=0, dtype=np.float64)
    return np.stack([0.5 / (1 - shares), 0.5 / shares]).astype(np.float32)


def _weighted(prepared: Prepared, split: str, weigh: np.ndarray | None) -> tuple[np.ndarray, ...]:
    arrays = prepared.images(split), prepared.labels(split)
    return arrays if weigh is None else (*arrays, np.where(arrays[1], weigh[1], weigh[0]))


def draws(prepared: Prepared, gauge: Gauge) -> dict[str, np.ndarray]:
    """Draws of `gauge.samples` real images, in random order: of the test split, of the train split, and damaged ones.

    Returns:
        uint8 ``(samples, h, w, c)`` by name; the damaged draws start from the train split's.
    """
    chosen = {
        split: seeds.generator(gauge.seed, split).permutation(prepared.spec.sizes[split])
        for split in (judge_features.REAL, judge_features.FLOOR)
    }
    kept = ~_has(prepared, "train", gauge.missing_class)[chosen["train"]]
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
    names, accuracies = _accuracies(network, prepared)
    summary = {
        **accuracies,
        "parameters": network.model.count_params(),
        "features": network.config.features,
        "samples": gauge.samples,
        "gauge": table,
    }
    files.write_json(directory / "judge.json", summary)
    _write_pictures(pictures, names[gauge.missing_class], directory)
    said = ", ".join(f"{name} {value:.4f}" for name, value in accuracies.items() if isinstance(value, float))
    print(f"judge of {prepared.spec.name}: {said}, floor fd {table['floor']['fd']:.3g}")


def _accuracies(network: networks.Network, prepared: Prepared) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The names of the classes or attributes, and how well the judge tells them in the test split."""
    spec, labels = prepared.spec, np.asarray(prepared.labels("test"))
    verdicts = judge_features.verdicts(network, judge_features.features(network, prepared.images("test")))
    if spec.attributes:
        balanced = balanced_accuracy(verdicts > 0, labels)
        by_name = {name: float(value) for name, value in zip(spec.attributes, balanced, strict=True)}
        return spec.attributes, {"test_balanced_accuracy": float(balanced.mean()), "class_accuracy": by_name}
    right = verdicts.argmax(axis=1) == labels
    by_name = {name: float(right[labels == i].mean()) for i, name in enumerate(spec.classes)}
    return spec.classes, {"test_accuracy": float(right.mean()), "class_accuracy": by_name}


def _has(prepared: Prepared, split: str, index: int) -> np.ndarray:
    """Which images of a split have a class or an attribute, bool ``(n,)``."""
    labels = np.asarray(prepared.labels(split))
    return labels[:, index] == 1 if prepared.spec.attributes else labels == index


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
    names = spec.attributes or spec.classes
    if gauge.missing_class >= len(names):
        what = "attributes" if spec.attributes else "classes"
        raise ValueError(
            f"gauge.missing_class: got {gauge.missing_class}; {spec.name} has {what} 0 to {len(names) - 1}"
        )
    for split in ("train", "test"):
        having = [_has(prepared, split, i) for i in range(len(names))]
        absent = [name for name, has in zip(names, having, strict=True) if not has.any()]
        if absent:
            raise ValueError(f"the {split} split of {spec.name} has no image of: {', '.join(absent)}")
        whole = [name for name, has in zip(names, having, strict=True) if has.all()]
        if whole:
            raise ValueError(f"all images in the {split} split of {spec.name} are: {', '.join(whole)}")
    train = int((~_has(prepared, "train", gauge.missing_class)).sum())
    for split, available in (("test", spec.sizes["test"]), ("train (one left out)", train)):
        if gauge.samples > available:
            raise ValueError(
                f"gauge.samples: got {gauge.samples}; the {split} split of {spec.name} has {available} images"
            )
