"""The training of a judge of images, and its floor and ceilings on real, blurred and noisy images."""

from pathlib import Path
from typing import Any

import numpy as np

from atelier.core import files, seeds
from atelier.core.pictures import labelled_rows, write_png
from atelier.core.prepared import Prepared
from atelier.metrics.corruption import images as corruption
from atelier.modalities import judge
from atelier.modalities.images import params as schema
from atelier.modalities.images import rotations
from atelier.networks import network as networks
from atelier.training import loop
from atelier.training.batches import Batches, shift_and_flip
from atelier.training.plan import Plan


def train(prepared: Prepared, params: schema.Judge, code: Path, out: Path, checkpoints: Path) -> None:
    """Train the judge of a dataset; raise `ValueError` if it lacks labels, images or a class that `params` need.

    The validation split chooses the epoch, the test split gives the accuracy. Images with and without an attribute have
    the same total weight, because accuracies of attributes are balanced.
    """
    _check(params, prepared)
    spec = rotations.spec_of(prepared.spec) if params.labels == "rotations" else prepared.spec
    network = judge.build("images", spec, params.train)
    weights = attribute_weights(prepared.labels("train")) if params.labels == "attributes" else None
    arrays = {split: _labelled(prepared, split, params.labels, weights) for split in ("train", "validation", "test")}
    kind, trained = (Batches, arrays["train"])
    if params.labels == "rotations":
        kind, trained = rotations.TurnedBatches, (prepared.images("train"),)
    batches = kind(
        trained,
        params.train.batch,
        params.train.seed,
        augment=lambda batch, generator: shift_and_flip(batch, generator, params.train.shift, params.train.flip),
    )
    plan = Plan(network.model, batches, loop.held_out(network.model, arrays["validation"]), "val_loss")
    progress = judge.fit(plan, prepared, spec.label_names, params.train, code, checkpoints)
    with files.atomic_directory(out) as directory:
        networks.save(network, directory)
        loop.write_history(directory / "history.csv", progress)
        drawn = draws(prepared, params.gauge)
        judge.Judge(directory, network).write_gauge(arrays["test"][:2], drawn, params.gauge)
        missing = params.gauge.missing_class
        _write_pictures(drawn, None if missing is None else prepared.spec.label_names[missing], directory)


def attribute_weights(labels: np.ndarray) -> np.ndarray:
    """Compute the weights of images without (row 0) and with (row 1) each attribute, float32 ``(2, attributes)``.

    Images with and without an attribute then have the same total weight; `labels` are 0 or 1, ``(n, attributes)``.
    """
    shares = np.asarray(labels).mean(axis=0, dtype=np.float64)
    return np.stack([0.5 / (1 - shares), 0.5 / shares]).astype(np.float32)


def _labelled(prepared: Prepared, split: str, labels: str, weights: np.ndarray | None) -> tuple[Any, ...]:
    """Return images and labels of a split, and the weight of each label if labels are attributes."""
    if labels == "rotations":
        turned = rotations.Turned(prepared.images(split))
        return turned, turned.turns
    arrays = prepared.images(split), prepared.labels(split)
    return arrays if weights is None else (*arrays, np.where(arrays[1], weights[1], weights[0]))


def draws(prepared: Prepared, gauge: schema.Gauge) -> dict[str, np.ndarray]:
    """Draw `gauge.samples` images, uint8 ``(n, h, w, c)``, from test split and train split, and damage the latter."""
    chosen = {
        split: seeds.generator(gauge.seed, split).permutation(prepared.spec.sizes[split])
        for split in (judge.REAL, judge.FLOOR)
    }
    train = prepared.images("train")[chosen["train"][: gauge.samples]]
    drawn = {
        "test": prepared.images("test")[chosen["test"][: gauge.samples]],
        "train": train,
        "blur": corruption.blur(train, gauge.blur),
        "noise": corruption.noise(train, gauge.noise, gauge.seed),
    }
    if gauge.missing_class is not None:
        kept = ~_has(prepared, "train", gauge.missing_class)[chosen["train"]]
        drawn["missing_class"] = prepared.images("train")[chosen["train"][kept][: gauge.samples]]
    return drawn


def _has(prepared: Prepared, split: str, index: int) -> np.ndarray:
    """Return which images of a split have a class or an attribute, bool ``(n,)``."""
    labels = np.asarray(prepared.labels(split))
    return labels[:, index] == 1 if prepared.spec.attributes else labels == index


def _write_pictures(pictures: dict[str, np.ndarray], missing: str | None, directory: Path) -> None:
    names, columns = [name for name in pictures if name != judge.REAL], 12
    rows = np.concatenate([pictures[name][:columns] for name in names])
    labels = [f"no {missing}" if name == "missing_class" else name for name in names]
    write_png(directory / "gauge.png", labelled_rows(rows, labels, columns, scale=2))
    caption = "Images of the floor (train) and of each ceiling, which are compared with images of the test split."
    exhibit = {"file": "gauge.png", "title": "The scale of the judge", "caption": caption}
    files.write_json(directory / "pictures.json", [exhibit])


def _check(params: schema.Judge, prepared: Prepared) -> None:
    spec, gauge = prepared.spec, params.gauge
    names = spec.label_names
    what = "attributes" if spec.attributes else "classes"
    possible = [*([what] if names else []), "rotations"]
    if params.labels not in possible:
        having = f"has {what}" if names else "has neither classes nor attributes"
        raise ValueError(f"labels: got {params.labels!r}; {spec.name} {having}; allowed is {' or '.join(possible)}")
    if gauge.missing_class is not None and gauge.missing_class >= len(names):
        having = f"has {what} 0 to {len(names) - 1}" if names else "has neither classes nor attributes; allowed is null"
        raise ValueError(f"gauge.missing_class: got {gauge.missing_class}; {spec.name} {having}")
    for split in ("train", "test") if params.labels != "rotations" else ():
        having_each = {name: _has(prepared, split, i) for i, name in enumerate(names)}
        if absent := [name for name, has in having_each.items() if not has.any()]:
            raise ValueError(f"the {split} split of {spec.name} has no image of: {', '.join(absent)}")
        if whole := [name for name, has in having_each.items() if has.all()]:
            raise ValueError(f"all images in the {split} split of {spec.name} are: {', '.join(whole)}")
    available = {"test": spec.sizes["test"]}
    if gauge.missing_class is None:
        available["train"] = spec.sizes["train"]
    else:
        left = ~_has(prepared, "train", gauge.missing_class)
        available["train (without the missing class)"] = int(left.sum())
    for split, count in available.items():
        if gauge.samples > count:
            raise ValueError(f"gauge.samples: got {gauge.samples}; the {split} split of {spec.name} has {count} images")
