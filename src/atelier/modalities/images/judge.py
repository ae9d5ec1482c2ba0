"""The training of a judge of images, and its floor and ceilings on real, blurred and noisy images."""

from pathlib import Path

import numpy as np

from atelier.core import files, seeds
from atelier.core.pictures import labelled_rows, write_png
from atelier.core.prepared import Prepared
from atelier.metrics.corruption import images as corruption
from atelier.modalities import judge
from atelier.modalities.images import params as schema
from atelier.networks import network as networks
from atelier.training import loop
from atelier.training.batches import Batches, shift_and_flip
from atelier.training.plan import Plan


def train(prepared: Prepared, params: schema.Judge, code: Path, out: Path, checkpoints: Path) -> None:
    """Train the judge of a dataset; raise `ValueError` if it lacks images or a class that `params.gauge` needs.

    The validation split chooses the epoch, the test split gives the accuracy. Images with and without an attribute have
    the same total weight, because accuracies of attributes are balanced.
    """
    _check(params.gauge, prepared)
    network = judge.build("images", prepared, params.train)
    weights = attribute_weights(prepared.labels("train")) if prepared.spec.attributes else None
    batches = Batches(
        _weighted(prepared, "train", weights),
        params.train.batch,
        params.train.seed,
        augment=lambda batch, generator: shift_and_flip(batch, generator, params.train.shift, params.train.flip),
    )
    validate = loop.held_out(network.model, _weighted(prepared, "validation", weights))
    progress = judge.fit(Plan(network.model, batches, validate, "val_loss"), prepared, params.train, code, checkpoints)
    with files.atomic_directory(out) as directory:
        networks.save(network, directory)
        loop.write_history(directory / "history.csv", progress)
        drawn = draws(prepared, params.gauge)
        test = prepared.images("test"), prepared.labels("test")
        judge.Judge(directory, network).write_gauge(test, drawn, params.gauge)
        _write_pictures(drawn, prepared.spec.label_names[params.gauge.missing_class], directory)


def attribute_weights(labels: np.ndarray) -> np.ndarray:
    """Compute the weights of images without (row 0) and with (row 1) each attribute, float32 ``(2, attributes)``.

    Images with and without an attribute then have the same total weight; `labels` are 0 or 1, ``(n, attributes)``.
    """
    shares = np.asarray(labels).mean(axis=0, dtype=np.float64)
    return np.stack([0.5 / (1 - shares), 0.5 / shares]).astype(np.float32)


def _weighted(prepared: Prepared, split: str, weights: np.ndarray | None) -> tuple[np.ndarray, ...]:
    """Return images and labels of a split, and the weight of each label if labels are attributes."""
    arrays = prepared.images(split), prepared.labels(split)
    return arrays if weights is None else (*arrays, np.where(arrays[1], weights[1], weights[0]))


def draws(prepared: Prepared, gauge: schema.Gauge) -> dict[str, np.ndarray]:
    """Draw `gauge.samples` images, uint8 ``(n, h, w, c)``, from test split and train split, and damage the latter."""
    chosen = {
        split: seeds.generator(gauge.seed, split).permutation(prepared.spec.sizes[split])
        for split in (judge.REAL, judge.FLOOR)
    }
    kept = ~_has(prepared, "train", gauge.missing_class)[chosen["train"]]
    train = prepared.images("train")[chosen["train"][: gauge.samples]]
    return {
        "test": prepared.images("test")[chosen["test"][: gauge.samples]],
        "train": train,
        "blur": corruption.blur(train, gauge.blur),
        "noise": corruption.noise(train, gauge.noise, gauge.seed),
        "missing_class": prepared.images("train")[chosen["train"][kept][: gauge.samples]],
    }


def _has(prepared: Prepared, split: str, index: int) -> np.ndarray:
    """Return which images of a split have a class or an attribute, bool ``(n,)``."""
    labels = np.asarray(prepared.labels(split))
    return labels[:, index] == 1 if prepared.spec.attributes else labels == index


def _write_pictures(pictures: dict[str, np.ndarray], missing: str, directory: Path) -> None:
    names, columns = ("train", "blur", "noise", "missing_class"), 12
    rows = np.concatenate([pictures[name][:columns] for name in names])
    write_png(directory / "gauge.png", labelled_rows(rows, [*names[:3], f"no {missing}"], columns, scale=2))
    caption = "Images of the floor (train) and of each ceiling, which are compared with images of the test split."
    exhibit = {"file": "gauge.png", "title": "The scale of the judge", "caption": caption}
    files.write_json(directory / "pictures.json", [exhibit])


def _check(gauge: schema.Gauge, prepared: Prepared) -> None:
    spec = prepared.spec
    names = spec.label_names
    if gauge.missing_class >= len(names):
        what = "attributes" if spec.attributes else "classes"
        raise ValueError(
            f"gauge.missing_class: got {gauge.missing_class}; {spec.name} has {what} 0 to {len(names) - 1}"
        )
    for split in ("train", "test"):
        having = {name: _has(prepared, split, i) for i, name in enumerate(names)}
        if absent := [name for name, has in having.items() if not has.any()]:
            raise ValueError(f"the {split} split of {spec.name} has no image of: {', '.join(absent)}")
        if whole := [name for name, has in having.items() if has.all()]:
            raise ValueError(f"all images in the {split} split of {spec.name} are: {', '.join(whole)}")
    train = int((~_has(prepared, "train", gauge.missing_class)).sum())
    for split, available in (("test", spec.sizes["test"]), ("train (without the missing class)", train)):
        if gauge.samples > available:
            raise ValueError(
                f"gauge.samples: got {gauge.samples}; the {split} split of {spec.name} has {available} images"
            )
