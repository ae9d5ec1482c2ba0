"""Rotations as labels, for a judge of pictures without labels (Gidaris et al., 2018, arXiv:1803.07728)."""

from dataclasses import replace
from typing import Any

import numpy as np

from atelier.core import seeds
from atelier.core.spec import Spec
from atelier.training.batches import Batches

# What the judge predicts: by how many quarter turns, counter-clockwise, a picture was rotated.
NAMES = ("upright", "a quarter turn", "a half turn", "three quarter turns")


def spec_of(spec: Spec) -> Spec:
    """Return the Spec of a dataset whose labels are rotations; raise `ValueError` if its images are not square."""
    height, width, _ = spec.shape
    if height != width:
        raise ValueError(f"labels: got 'rotations'; images of {spec.name} are {height}×{width}, and must be square")
    return replace(spec, classes=NAMES, attributes=())


def turn(images: np.ndarray, turns: np.ndarray) -> np.ndarray:
    """Rotate each of the images, uint8 ``(n, h, h, c)``, by its number of quarter turns, ``(n,)``."""
    turned = np.array(images)
    for count in range(1, len(NAMES)):
        chosen = turns == count
        turned[chosen] = np.rot90(turned[chosen], count, axes=(1, 2))
    return turned


class TurnedBatches(Batches):
    """Serve shuffled batches of images, each rotated by a random number of quarter turns, with these numbers."""

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        (images,) = super().__getitem__(index)
        turns = seeds.generator(self.seed, f"turns {self.epoch}", index).integers(0, len(NAMES), len(images))
        return turn(images, turns), turns


class Turned:
    """Images of which every one is rotated by as many quarter turns as its index has over a multiple of 4.

    It is read in slices or by indices, like the array of images, which may be memory-mapped.
    """

    def __init__(self, images: np.ndarray) -> None:
        self.images = images
        self.turns = (np.arange(len(images)) % len(NAMES)).astype(np.uint8)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, rows: Any) -> np.ndarray:
        return turn(np.asarray(self.images[rows]), self.turns[rows])
