"""What a family decides about its training; `training.loop` does the rest."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import keras
import numpy as np

Row = dict[str, float]


class Epochs(Protocol):
    """Batches of the train split, served by epoch: a `keras.utils.PyDataset`."""

    def start_epoch(self, epoch: int) -> None:
        """Prepare the batches of `epoch`, counted from zero."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]: ...


@dataclass(frozen=True)
class Plan:
    """How to train one network.

    Attributes:
        model: built, not compiled; its loss is its own `compute_loss`.
        batches: the train split.
        validate: measures the model after each epoch; returns columns of the history.
        monitor: the column, of `validate` or of the judge's watch, whose lowest value marks the best epoch.
        optimizer: replaces the optimiser that the parameters describe.
        alarm: returns from the history the reason why training should stop, or an empty text.
    """

    model: keras.Model
    batches: Epochs
    validate: Callable[[], Row]
    monitor: str
    optimizer: keras.optimizers.Optimizer | None = None
    alarm: Callable[[list[Row]], str] | None = None


@dataclass(frozen=True)
class Hooks:
    """What the loop does after the first epoch, the last, and every `every` epochs.

    Attributes:
        every: epochs between two calls.
        preview: writes a file that shows the model; gets its path without an ending.
        watch: measures more columns of the history, which stay empty in other epochs.
    """

    every: int
    preview: Callable[[Path], None]
    watch: Callable[[], Row]
