"""Shuffled batches of a train split; a resumed training sees them in the same order."""

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from atelier.core import seeds

Augment = Callable[[np.ndarray, np.random.Generator], np.ndarray]


class Batches(keras.utils.PyDataset):
    """Serve shuffled batches over arrays that may be memory-mapped; drop the last, incomplete batch of an epoch.

    Args:
        arrays: inputs, and targets if there are any, with examples along the first axis.
        seed: the order of epoch e is drawn from (seed, e).
        augment: changes a batch of inputs, given its own generator.
        augmented_epochs: number of first epochs that are augmented; all by default.
        conditions: what the network is told of each example, ``(n, conditions)``; inputs are then pairs.
    """

    def __init__(
        self,
        arrays: tuple[np.ndarray, ...],
        batch: int,
        seed: int,
        augment: Augment | None = None,
        augmented_epochs: float = math.inf,
        conditions: np.ndarray | None = None,
    ) -> None:
        super().__init__()
        if len(arrays[0]) < batch:
            raise ValueError(
                f"a batch of {batch} needs at least as many examples; the train split has {len(arrays[0])}"
            )
        self.arrays, self.batch, self.seed = arrays, batch, seed
        self.augment, self.augmented_epochs = augment, augmented_epochs
        self.conditions = conditions
        self.start_epoch(0)

    def start_epoch(self, epoch: int) -> None:
        """Draw the order of `epoch`, counted from zero."""
        self.epoch = epoch
        self.order = seeds.generator(self.seed, "order", epoch).permutation(len(self.arrays[0]))

    def __len__(self) -> int:
        return len(self.arrays[0]) // self.batch

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        # Sorted rows are read front to back from a memory map; the order within a batch changes no gradient.
        rows = np.sort(self.order[index * self.batch : (index + 1) * self.batch])
        inputs, *targets = (array[rows] for array in self.arrays)
        if self.augment is not None and self.epoch < self.augmented_epochs:
            inputs = self.augment(inputs, seeds.generator(self.seed, f"augment {self.epoch}", index))
        return (inputs if self.conditions is None else (inputs, self.conditions[rows]), *targets)


def shift_and_flip(batch: np.ndarray, generator: np.random.Generator, shift: int, flip: bool) -> np.ndarray:
    """Shift images, uint8 ``(n, h, w, c)``, by up to `shift` pixels, repeating edges; mirror half of them if `flip`."""
    count, height, width, _ = batch.shape
    padded = np.pad(batch, ((0, 0), (shift, shift), (shift, shift), (0, 0)), mode="edge")
    corners = generator.integers(0, 2 * shift + 1, (2, count, 1))
    rows = corners[0] + np.arange(height)
    columns = corners[1] + np.arange(width)
    mirrored = (generator.random((count, 1)) < 0.5) & flip
    columns = np.where(mirrored, columns[:, ::-1], columns)
    return padded[np.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]
