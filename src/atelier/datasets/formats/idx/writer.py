"""An offline twin of a dataset in four IDX files: labels, shards, and the files themselves."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from atelier.core import seeds
from atelier.datasets.formats.idx.params import Embedded
from atelier.datasets.formats.idx import container, labelled

Draw = Callable[[int, np.random.Generator], np.ndarray]


def label(name: str, seed: int, split: str, index: int, classes: int) -> int:
    """The class of image `index`: each run of `classes` images holds every class once, in random order."""
    block, place = divmod(index, classes)
    return int(seeds.generator(seed, f"{name} {split} labels", block).permutation(classes)[place])


def shard(
    name: str, draw: Draw, seed: int, split: str, indices: range, classes: int = 10
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the images of some indices; each depends on the seed, the split and its own index only.

    Returns:
        uint8 images of shape ``(n, 28, 28)`` and uint8 labels of shape ``(n,)``.
    """
    labels = np.array([label(name, seed, split, index, classes) for index in indices], np.uint8)
    images = np.zeros((len(indices), 28, 28), np.uint8)
    for row, index in enumerate(indices):
        images[row] = draw(int(labels[row]), seeds.generator(seed, f"{name} {split}", index))
    return images, labels


def write(name: str, draw: Draw, directory: Path, params: Embedded) -> None:
    """Draw both splits into upstream's four files."""
    for split, count in (("train", params.train), ("test", params.test)):
        images, labels = shard(name, draw, params.seed, split, range(count))
        container.write(directory / labelled.IMAGES[split], images)
        container.write(directory / labelled.LABELS[split], labels)
