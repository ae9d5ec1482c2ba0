"""Prepare a dataset of labelled images: from the four IDX files of MNIST and its relatives to arrays and a Spec."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from atelier.core import files, pictures, seeds
from atelier.core.spec import Spec
from atelier.datasets import raw_files
from atelier.datasets.formats.idx import container
from atelier.datasets.formats.idx.params import Prepare

_PREVIEW_COLUMNS = 16


def prepare_labelled(
    name: str, raw: Path, out: Path, params: Prepare, source: str, classes: Sequence[str], shape: tuple[int, int, int]
) -> Spec:
    """Decode the four files, hold out a validation split, and write arrays, `spec.json` and the report's pictures.

    Args:
        name: the dataset.
        raw: directory with the four files.
        out: directory to write; it replaces an existing one only when it is complete.
        params: the size and the seed of the validation split. The official test split stays the test split.
        source: where the raw files came from; recorded in the Spec.
        classes: class names, in the order of the labels.
        shape: height, width and channels (one) of every image.

    Raises:
        ValueError: a file is malformed, images have another shape, images and labels differ in number, a label is out
            of range, or the validation split would leave nothing to train on.
    """
    train_images, train_labels = decode(raw, "train", shape, len(classes))
    test = decode(raw, "test", shape, len(classes))
    try:
        kept, held_out = hold_out(len(train_images), params.validation, params.seed)
    except ValueError as error:
        raise ValueError(f"datasets.{name}.prepare.{error}") from None
    splits = {
        "train": (train_images[kept], train_labels[kept]),
        "validation": (train_images[held_out], train_labels[held_out]),
        "test": test,
    }
    with files.atomic_directory(out) as directory:
        for split, (pixels, labels) in splits.items():
            files.write_array(directory / f"{split}_images.npy", pixels)
            files.write_array(directory / f"{split}_labels.npy", labels)
        spec = Spec(
            name=name,
            shape=shape,
            value_range=(0, 255),
            classes=tuple(classes),
            attributes=(),
            sizes={split: len(labels) for split, (_, labels) in splits.items()},
            sha256={path.name: files.sha256(path) for path in sorted(directory.glob("*.npy"))},
            source=source,
        )
        spec.write(directory / "spec.json")
        sheet = pictures.labelled_rows(preview(*splits["train"], len(classes)), classes, _PREVIEW_COLUMNS, scale=2)
        pictures.write_png(directory / "preview.png", sheet)
        sizes = ", ".join(f"{count:,} {split}" for split, count in spec.sizes.items())
        origin = " Drawn by Atelier's own code: the offline twin." if source == "embedded" else ""
        caption = f"The first {_PREVIEW_COLUMNS} training images of each class ({sizes}).{origin}"
        listed = [{"file": "preview.png", "title": "The data", "caption": caption}]
        files.write_json(directory / "pictures.json", listed)
    return spec


def decode(raw: Path, split: str, shape: tuple[int, int, int], classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Read the images and labels of ``train`` or ``test``, and check that they match.

    Returns:
        uint8 images of shape ``(n, height, width, 1)`` and uint8 labels of shape ``(n,)``.
    """
    images_path, labels_path = (raw_files.find(raw, names[split]) for names in (container.IMAGES, container.LABELS))
    pixels, labels = container.read(images_path, ndim=3), container.read(labels_path, ndim=1)
    if pixels.shape[1:] != shape[:2]:
        size = f"{pixels.shape[1]}×{pixels.shape[2]}"
        raise ValueError(f"{images_path}: images of {size}; allowed are {shape[0]}×{shape[1]}")
    if len(pixels) != len(labels) or len(pixels) == 0:
        raise ValueError(
            f"{images_path} contains {len(pixels)} images and {labels_path} {len(labels)} labels; "
            "needed are one label for each image, and at least one image"
        )
    if labels.max() >= classes:
        first = int(np.argmax(labels >= classes))
        raise ValueError(f"{labels_path}: label {labels[first]} at index {first}; allowed are 0 to {classes - 1}")
    return pixels[..., np.newaxis], labels


def hold_out(train: int, validation: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw the indices of the validation images from those of the official train split.

    Returns:
        Indices that stay in train, shape ``(train − validation,)``, and the others, shape ``(validation,)``; ascending.

    >>> kept, held_out = hold_out(5, 2, seed=0)
    >>> sorted([*kept.tolist(), *held_out.tolist()])
    [0, 1, 2, 3, 4]
    """
    if validation >= train:
        raise ValueError(f"validation: got {validation}; the train split has {train} images, so at most {train - 1}")
    order = seeds.generator(seed, "validation").permutation(train)
    return np.sort(order[validation:]), np.sort(order[:validation])


def preview(pixels: np.ndarray, labels: np.ndarray, classes: int, columns: int = _PREVIEW_COLUMNS) -> np.ndarray:
    """Select the first images of each class: one row per class, with black images where it has fewer than `columns`.

    Returns:
        uint8 of shape ``(classes·columns, height, width, channels)``.
    """
    rows = np.zeros((classes, columns, *pixels.shape[1:]), np.uint8)
    for label in range(classes):
        found = np.flatnonzero(labels == label)[:columns]
        rows[label, : len(found)] = pixels[found]
    return rows.reshape(-1, *pixels.shape[1:])
