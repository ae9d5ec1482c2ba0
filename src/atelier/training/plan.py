"""The training plan of a family, which `training.loop` carries out."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import keras

Row = dict[str, float]


class Epochs(Protocol):
    """A `keras.utils.PyDataset` of the train split whose order depends on the epoch."""

    def start_epoch(self, epoch: int) -> None:
        """Prepare the batches of `epoch`, counted from zero."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> tuple[Any, ...]: ...


@dataclass(frozen=True)
class Plan:
    """How to train one network.

    Attributes:
        model: built, not compiled; its loss is its method `compute_loss`.
        validate: measures the model after each epoch; returns columns of the history.
        monitor: the column, of `validate` or `Hooks.watch`, whose lowest value marks the best epoch.
        optimizer: replaces the optimiser that the parameters describe.
        alarm: returns why training should stop, given the history, or an empty text.
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

    `preview` writes samples to a file, given its path without a suffix; `watch` measures more columns of the history.
    """

    every: int
    preview: Callable[[Path], None]
    watch: Callable[[], Row]
