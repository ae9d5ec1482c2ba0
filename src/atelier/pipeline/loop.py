"""One loop for every family: fit, validate, keep the best epoch, show progress, stop in time, resume."""

import csv
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from atelier.core import files
from atelier.core.params.training import Training
from atelier.pipeline import checkpoint, optimizers
from atelier.pipeline.batches import Batches, InOrder
from atelier.pipeline.display import EpochDisplay

VALIDATION_BATCH = 250
PREVIEWS = "previews"
Preview = Callable[[keras.Model, Path], None]
Validate = Callable[[keras.Model], dict[str, float]]
Alarm = Callable[[list[checkpoint.Row]], str]


def fit(
    model: keras.Model,
    batches: Batches,
    validate: Validate,
    monitor: str,
    params: Training,
    workspace: Path,
    *,
    optimizer: keras.optimizers.Optimizer | None = None,
    preview: Preview | None = None,
    preview_epochs: int = 1,
    watch: Validate | None = None,
    alarm: Alarm | None = None,
) -> checkpoint.Progress:
    """Train `model`, leaving it with the weights of its best epoch.

    After every epoch the whole state is written to `workspace`; called again with the same arguments it goes on from
    there, and ends with the same bits as if it had never been interrupted.

    Args:
        model: built, not compiled; its loss is its own `compute_loss`.
        batches: the train split.
        validate: numbers of the model after each epoch, by the name of their column in the history.
        monitor: the column, of `validate` or of `watch`, whose lowest value is the best epoch.
        workspace: a directory of this very training: same parameters, data and code.
        optimizer: by default the one that `params` describe.
        preview: writes a file that shows the model, and is given its path without an ending, in the workspace's
            `previews/`; called after the first epoch, the last, and every `preview_epochs`.
        watch: more numbers, taken with each preview; empty in the history elsewhere.
        alarm: why training should stop, from the history; empty while there is no reason.

    Raises:
        ValueError: a loss is no longer a number, and there is no alarm or no earlier epoch to go back to.
    """
    optimizer = optimizer or optimizers.build(params, len(batches))
    optimizer.build(model.trainable_variables)
    model.compile(optimizer=optimizer, jit_compile=params.jit_compile, steps_per_execution=params.steps_per_execution)
    state = workspace / "state.npz"
    best, progress = checkpoint.restore(state, model) if state.exists() else ([], checkpoint.Progress())
    progress.monitor = monitor
    if progress.epoch:
        print(f"resuming after epoch {progress.epoch} of {params.epochs}")
    keeper = _Keeper(batches, validate, params, workspace, progress, best, preview, preview_epochs, watch, alarm)
    display = EpochDisplay(params.epochs, len(batches), progress.epoch)
    if not progress.stopped:
        model.fit(
            batches,
            epochs=params.epochs,
            initial_epoch=progress.epoch,
            shuffle=False,
            verbose=0,
            callbacks=[keeper, display, *_tensorboard(workspace.name)],
        )
    if progress.stopped:
        print(f"stopped after epoch {progress.epoch} of {params.epochs}: {progress.stopped}")
    _assign(model.variables, keeper.best)
    checkpoint.end(workspace)
    return progress


def held_out(arrays: tuple[np.ndarray, ...]) -> Validate:
    """The loss and metrics of a model on the arrays of a validation split, as columns ``val_…``."""
    batches = InOrder(arrays, VALIDATION_BATCH)

    def validate(model: keras.Model) -> dict[str, float]:
        scores = model.evaluate(batches, verbose=0, return_dict=True)
        return {f"val_{name}": float(score) for name, score in scores.items()}

    return validate


class _Keeper(keras.callbacks.Callback):
    """Validates, remembers the best weights and writes the checkpoint, in this order, after every epoch."""

    def __init__(
        self,
        batches: Batches,
        validate: Validate,
        params: Training,
        workspace: Path,
        progress: checkpoint.Progress,
        best: list[np.ndarray],
        preview: Preview | None,
        preview_epochs: int,
        watch: Validate | None,
        alarm: Alarm | None,
    ) -> None:
        super().__init__()
        self.batches, self.validate, self.training = batches, validate, params
        self.workspace, self.progress, self.best = workspace, progress, best
        self.preview, self.preview_epochs = preview, preview_epochs
        self.watch, self.alarm = watch, alarm

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
        row = self._row(epoch, logs)
        if self._preview_due(epoch) and self.preview is not None:
            self.preview(self.model, self.workspace / PREVIEWS / f"epoch-{epoch + 1:04}")
        self._record(row, logs)
        # Validation drew random numbers too; put back what it moved, so that training does not depend on it.
        _assign(self.model.non_trainable_variables, states)
        _assign(self.model.trainable_variables, trained)
        checkpoint.save(self.workspace / "state.npz", self.model, self.best, self.progress)

    def _row(self, epoch: int, logs: dict[str, float]) -> checkpoint.Row:
        scores = self.validate(self.model)
        watched = self.watch(self.model) if self.watch is not None and self._preview_due(epoch) else {}
        row: checkpoint.Row = {"epoch": epoch + 1}
        for name, value in logs.items():
            row[name] = float(value)
            if f"val_{name}" in scores:
                row[f"val_{name}"] = scores[f"val_{name}"]
        return row | scores | watched | optimizers.rates(self.model.optimizer)

    def _record(self, row: checkpoint.Row, logs: dict[str, float]) -> None:
        progress = self.progress
        broken = [name for name, value in row.items() if not math.isfinite(value)]
        if broken:
            message = f"no longer a number in epoch {row['epoch']}: {', '.join(broken)}"
            if self.alarm is None or not self.best:
                raise ValueError(f"{message}; a lower learning_rate or a clip_norm above 0 usually helps ({row})")
            self._stop(message)
            return
        # What a person sees while it runs.
        logs |= {name: value for name, value in row.items() if name not in ("epoch", *logs)}
        progress.history.append(row)
        progress.epoch = int(row["epoch"])
        if progress.monitor in row and (row[progress.monitor] < progress.best_score or not self.best):
            progress.best_epoch = progress.epoch
            self.best = checkpoint.snapshot(self.model.variables)
        if self.alarm is not None and (reason := self.alarm(progress.history)):
            self._stop(reason)

    def _stop(self, reason: str) -> None:
        self.progress.stopped = reason
        self.model.stop_training = True

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
    """Write the history as CSV, a row an epoch, for `dvc plots` and the report; the monitored column comes last."""
    columns = [name for name in checkpoint.columns(progress.history) if name != progress.monitor]
    with files.atomic(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*columns, progress.monitor], lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {k: int(v) if k == "epoch" else f"{v:.7g}" for k, v in row.items()} for row in progress.history
        )
