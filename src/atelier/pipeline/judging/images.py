"""Train a judge of images, and gauge it on real draws, fresh, blurred, noisy and with a class missing."""

from pathlib import Path

import numpy as np

from atelier.core import files, images, seeds
from atelier.core.params.judges.images import Gauge, Judge
from atelier.core.spec import Spec
from atelier.metrics.corruption import images as corruption
from atelier.pipeline import checkpoint, loop, networks
from atelier.pipeline import features as judge_features
from atelier.pipeline.batches import Batches, moved
from atelier.pipeline.judging import gauging
from atelier.pipeline.prepared import Prepared

FAMILY = "classifiers.images"


def judge(prepared: Prepared, params: Judge, out: Path, checkpoints: Path) -> None:
    """Train the judge of a dataset and write it to `out`, with its accuracy, reference features and gauge.

    The train split trains it, the validation split chooses the epoch, the test split gives its accuracy. Attributes are
    weighted so that having one counts as much as lacking it, however rare it is; accuracies are then balanced.

    Raises:
        ValueError: `params.gauge` asks for more images than a split has, or for a class that there is not.
    """
    spec = prepared.spec
    _check(params.gauge, prepared)
    network = networks.build(FAMILY, params.train, spec, seed=params.train.seed, precision=params.train.precision)
    workspace = checkpoint.workspace(checkpoints, FAMILY, params.train, spec)
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
        drawn = draws(prepared, params.gauge)
        gauging.write(network, (prepared.images("test"), prepared.labels("test")), drawn, params.gauge, directory)
        _write_pictures(drawn, _names(spec)[params.gauge.missing_class], directory)


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


def _names(spec: Spec) -> tuple[str, ...]:
    return spec.attributes or spec.classes


def _has(prepared: Prepared, split: str, index: int) -> np.ndarray:
    """Which images of a split have a class or an attribute, bool ``(n,)``."""
    labels = np.asarray(prepared.labels(split))
    return labels[:, index] == 1 if prepared.spec.attributes else labels == index


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
    names = _names(spec)
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
