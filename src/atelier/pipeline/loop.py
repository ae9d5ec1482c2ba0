"""One loop for every family: fit, validate, keep the best epoch, show progress, resume after any interruption."""

import csv
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from atelier.core import files, images
from atelier.core.params.training import Training
from atelier.pipeline import checkpoint, optimizers
from atelier.pipeline.batches import Batches, InOrder
from atelier.pipeline.display import EpochDisplay

VALIDATION_BATCH = 250
Preview = Callable[[keras.Model], np.ndarray]


def fit(
    model: keras.Model,
    batches: Batches,
    validation: tuple[np.ndarray, ...],
    params: Training,
    workspace: Path,
    preview: Preview | None = None,
    preview_epochs: int = 1,
) -> checkpoint.Progress:
    """Train `model`, leaving it with the weights of its best epoch by validation loss.

    After every epoch the whole state is written to `workspace`; called again with the same arguments it goes on from
    there, and ends with the same bits as if it had never been interrupted.

    Args:
        model: built, not compiled; its loss is its own `compute_loss`.
        batches: the train split.
        validation: arrays of the validation split.
        workspace: a directory of this very training: same parameters, data and code.
        preview: a picture, uint8 HWC, of the model; taken after the first epoch, the last, and every `preview_epochs`.

    Raises:
        ValueError: the loss is no longer a number; the message says since which epoch.
    """
    optimizer = optimizers.build(params, len(batches))
    optimizer.build(model.trainable_variables)
    model.compile(optimizer=optimizer, jit_compile=params.jit_compile, steps_per_execution=params.steps_per_execution)
    state = workspace / "state.npz"
    best, progress = checkpoint.restore(state, model) if state.exists() else ([], checkpoint.Progress())
    if progress.epoch:
        print(f"resuming after epoch {progress.epoch} of {params.epochs}")
    keeper = _Keeper(batches, validation, params, workspace, progress, best, preview, preview_epochs)
    display = EpochDisplay(params.epochs, len(batches), progress.epoch)
    model.fit(
        batches,
        epochs=params.epochs,
        initial_epoch=progress.epoch,
        shuffle=False,
        verbose=0,
        callbacks=[keeper, display, *_tensorboard(workspace.name)],
    )
    _assign(model.variables, keeper.best)
    checkpoint.end(workspace)
    return progress


class _Keeper(keras.callbacks.Callback):
    """Validates, remembers the best weights and writes the checkpoint, in this order, after every epoch."""

    def __init__(
        self,
        batches: Batches,
        validation: tuple[np.ndarray, ...],
        params: Training,
        workspace: Path,
        progress: checkpoint.Progress,
        best: list[np.ndarray],
        preview: Preview | None,
        preview_epochs: int,
    ) -> None:
        super().__init__()
        self.batches, self.training = batches, params
        self.validation = InOrder(validation, VALIDATION_BATCH)
        self.workspace, self.progress, self.best = workspace, progress, best
        self.preview, self.preview_epochs = preview, preview_epochs

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.batches.start_epoch(epoch)
        if hasattr(self.model, "on_epoch_begin"):
            self.model.on_epoch_begin(epoch)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        assert logs is not None
        trained = checkpoint.snapshot(self.model.trainable_variables)
        states = checkpoint.snapshot(self.model.non_trainable_variables)
        if averages := getattr(self.model.optimizer, "averages", None):
            _assign(self.model.trainable_variables, checkpoint.snapshot(averages))
        scores = self.model.evaluate(self.validation, verbose=0, return_dict=True)
        self._record(epoch, logs, scores)
        if self.preview is not None and self._preview_due(epoch):
            name = f"epoch-{epoch + 1:04}.png"
            images.write_png(self.workspace / "previews" / name, self.preview(self.model))
        # Validation drew random numbers too; put back what it moved, so that training does not depend on it.
        _assign(self.model.non_trainable_variables, states)
        _assign(self.model.trainable_variables, trained)
        checkpoint.save(self.workspace / "state.npz", self.model, self.best, self.progress)

    def _record(self, epoch: int, logs: dict[str, float], scores: dict[str, float]) -> None:
        row: dict[str, float] = {"epoch": epoch + 1}
        for name in scores:
            row |= {name: float(logs[name]), f"val_{name}": float(scores[name])}
        row["learning_rate"] = float(self.model.optimizer.learning_rate)
        if not all(math.isfinite(value) for value in row.values()):
            raise ValueError(
                f"the loss is no longer a number in epoch {epoch + 1}: {row}; "
                "a lower learning_rate or a clip_norm above 0 usually helps"
            )
        logs |= {f"val_{name}": value for name, value in scores.items()}
        self.progress.history.append(row)
        self.progress.epoch = epoch + 1
        if row["val_loss"] < self.progress.best_loss or not self.best:
            self.progress.best_epoch = epoch + 1
            self.best = checkpoint.snapshot(self.model.variables)

    def _preview_due(self, epoch: int) -> bool:
        return (epoch + 1) % self.preview_epochs == 0 or epoch in (0, self.training.epochs - 1)


def _assign(variables: list[Any], values: list[np.ndarray]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _tensorboard(name: str) -> list[keras.callbacks.Callback]:
    """TensorBoard's callback if ``ATELIER_TENSORBOARD`` names a directory; a way to watch, not a parameter."""
    logs = os.environ.get("ATELIER_TENSORBOARD")
    return [keras.callbacks.TensorBoard(os.path.join(logs, name))] if logs else []


def write_history(path: Path, progress: checkpoint.Progress) -> None:
    """Write the history as CSV, a row an epoch, for `dvc plots` and the report."""
    with files.atomic(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(progress.history[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {k: int(v) if k == "epoch" else f"{v:.7g}" for k, v in row.items()} for row in progress.history
        )
