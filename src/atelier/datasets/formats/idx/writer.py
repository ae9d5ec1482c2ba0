"""Write the four IDX files of an offline twin: choose the labels, draw the images, encode both."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from atelier.core import seeds
from atelier.datasets.formats.idx import container
from atelier.datasets.formats.idx.params import Embedded

Draw = Callable[[int, np.random.Generator], np.ndarray]


def write(name: str, draw: Draw, directory: Path, params: Embedded) -> None:
    """Draw both splits and write the four files.

    Args:
        name: of the dataset; part of the purpose of each generator.
        draw: draws an image of a class, uint8 of shape ``(28, 28)``.
        directory: where to write.
        params: the sizes of the splits, and the seed.
    """
    for split, count in (("train", params.train), ("test", params.test)):
        images, labels = shard(name, draw, params.seed, split, range(count))
        container.write(directory / container.IMAGES[split], images)
        container.write(directory / container.LABELS[split], labels)


def shard(
    name: str, draw: Draw, seed: int, split: str, indices: range, classes: int = 10
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the images of some indices; each depends only on the seed, the split and its own index.

    Returns:
        uint8 images of shape ``(n, 28, 28)`` and uint8 labels of shape ``(n,)``.
    """
    labels = np.array([_label(name, seed, split, index, classes) for index in indices], np.uint8)
    images = np.zeros((len(indices), 28, 28), np.uint8)
    for row, index in enumerate(indices):
        images[row] = draw(int(labels[row]), seeds.generator(seed, f"{name} {split}", index))
    return images, labels


def _label(name: str, seed: int, split: str, index: int, classes: int) -> int:
    """Return the class of an image: each block of `classes` images contains every class once, in random order."""
    block, place = divmod(index, classes)
    return int(seeds.generator(seed, f"{name} {split} labels", block).permutation(classes)[place])
