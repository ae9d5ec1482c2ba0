"""The training loop of every network: fit, validate, keep the best epoch, show progress, stop early, resume."""

import csv
import math
import os
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from atelier.core import files
from atelier.networks.batching import InOrder, Together
from atelier.params.training import Training
from atelier.training import checkpoint, optimizers
from atelier.training.display import EpochDisplay
from atelier.training.plan import Hooks, Plan, Row

VALIDATION_BATCH = 250
STATE = "state.npz"


def run(plan: Plan, params: Training, workspace: Path, hooks: Hooks | None = None) -> checkpoint.Progress:
    """Train ``plan.model`` and leave it with the weights of its best epoch.

    The whole state is written to `workspace` after every epoch. A second call with the same arguments resumes there and
    ends with the same bits as an uninterrupted training.

    Args:
        workspace: the directory from `checkpoint.workspace`; previews are written to its ``previews/``.

    Raises:
        ValueError: a loss is no longer finite, and the plan has no alarm or there is no earlier epoch to keep.
    """
    model, batches = plan.model, plan.batches
    optimizer = plan.optimizer or optimizers.build(params, len(batches))
    optimizer.build(model.trainable_variables)
    model.compile(optimizer=optimizer, jit_compile=params.jit_compile, steps_per_execution=params.steps_per_execution)
    best, progress = checkpoint.resume(workspace / STATE, model, plan.monitor)
    progress.monitor = plan.monitor
    if progress.epoch:
        print(f"resuming after epoch {progress.epoch} of {params.epochs}")
    keeper = _Keeper(plan, hooks, workspace, progress, best)
    if not progress.stopped:
        display = EpochDisplay(params.epochs, len(batches), progress.epoch)
        logs = os.environ.get("ATELIER_TENSORBOARD")
        tensorboard = [keras.callbacks.TensorBoard(os.path.join(logs, workspace.name))] if logs else []
        model.fit(
            batches,
            epochs=params.epochs,
            initial_epoch=progress.epoch,
            shuffle=False,
            verbose=0,
            callbacks=[keeper, display, *tensorboard],
        )
    if progress.stopped:
        print(f"stopped after epoch {progress.epoch} of {params.epochs}: {progress.stopped}")
    checkpoint.assign(model.variables, keeper.best)
    checkpoint.end(workspace)
    return progress


def held_out(
    model: keras.Model, arrays: tuple[np.ndarray, ...], conditions: np.ndarray | None = None
) -> Callable[[], Row]:
    """Return a function that measures the loss and metrics of `model` on held-out arrays, as columns ``val_…``.

    Args:
        model: the model in training.
        arrays: inputs, and targets if there are any.
        conditions: what the model is told of each input, ``(n, conditions)``; it then has no targets.
    """
    batches: keras.utils.PyDataset = InOrder(arrays, VALIDATION_BATCH)
    if conditions is not None:
        batches = Together(InOrder((*arrays, conditions), VALIDATION_BATCH))

    def validate() -> Row:
        scores = model.evaluate(batches, verbose=0, return_dict=True)
        return {f"val_{name}": float(score) for name, score in scores.items()}

    return validate


class _Keeper(keras.callbacks.Callback):
    """Validate, keep the best weights and write the checkpoint, in this order, after every epoch."""

    def __init__(
        self, plan: Plan, hooks: Hooks | None, workspace: Path, progress: checkpoint.Progress, best: list[np.ndarray]
    ) -> None:
        super().__init__()
        self.plan, self.hooks, self.workspace, self.progress, self.best = plan, hooks, workspace, progress, best

    def on_epoch_begin(self, epoch: int, logs: Row | None = None) -> None:
        self.plan.batches.start_epoch(epoch)
        if hasattr(self.model, "on_epoch_begin"):
            self.model.on_epoch_begin(epoch)

    def on_epoch_end(self, epoch: int, logs: Row | None = None) -> None:
        assert logs is not None
        trained = checkpoint.snapshot(self.model.trainable_variables)
        states = checkpoint.snapshot(self.model.non_trainable_variables)
        if averages := getattr(self.model.optimizer, "averages", None):
            checkpoint.assign(self.model.trainable_variables, checkpoint.snapshot(averages))
        row = self._measure(epoch, logs)
        if (hooks := self._due(epoch)) is not None:
            self._preview(hooks, f"epoch-{epoch + 1:04}")
        self._record(row, logs)
        # Validation drew random numbers too; put the seeds back, so that training does not depend on it.
        checkpoint.assign(self.model.non_trainable_variables, states)
        checkpoint.assign(self.model.trainable_variables, trained)
        checkpoint.save(self.workspace / STATE, self.model, self.best, self.progress)

    def _preview(self, hooks: Hooks, name: str) -> None:
        folder = self.workspace / checkpoint.PREVIEWS
        hooks.preview(folder / name)
        self.progress.previews |= {path.name: files.sha256(path) for path in folder.glob(f"{name}.*")}

    def _measure(self, epoch: int, logs: Row) -> Row:
        """Return the epoch's row of the history: each training loss next to its validation loss, then the rest."""
        scores = self.plan.validate()
        watched = {} if (hooks := self._due(epoch)) is None else hooks.watch()
        row: Row = {"epoch": epoch + 1}
        for name, value in logs.items():
            row[name] = float(value)
            if f"val_{name}" in scores:
                row[f"val_{name}"] = scores[f"val_{name}"]
        return row | scores | watched | optimizers.rates(self.model.optimizer)

    def _record(self, row: Row, logs: Row) -> None:
        progress = self.progress
        broken = [name for name, value in row.items() if not math.isfinite(value)]
        if broken:
            message = f"no longer finite in epoch {row['epoch']}: {', '.join(broken)}"
            if self.plan.alarm is None or not self.best:
                raise ValueError(f"{message}; a lower learning_rate or a clip_norm above 0 usually helps ({row})")
            self._stop(message)
            return
        # The display shows what is in `logs`.
        logs |= {name: value for name, value in row.items() if name not in ("epoch", *logs)}
        progress.history.append(row)
        progress.epoch = int(row["epoch"])
        if progress.monitor in row and (row[progress.monitor] < progress.best_score or not self.best):
            progress.best_epoch = progress.epoch
            self.best = checkpoint.snapshot(self.model.variables)
        if self.plan.alarm is not None and (reason := self.plan.alarm(progress.history)):
            self._stop(reason)

    def _stop(self, reason: str) -> None:
        self.progress.stopped = reason
        self.model.stop_training = True

    def _due(self, epoch: int) -> Hooks | None:
        hooks, last = self.hooks, self.params["epochs"] - 1
        return hooks if hooks is not None and ((epoch + 1) % hooks.every == 0 or epoch in (0, last)) else None


def write_history(path: Path, progress: checkpoint.Progress) -> None:
    """Write the history as CSV, one row per epoch, with the monitored column last."""
    columns = [name for name in checkpoint.columns(progress.history) if name != progress.monitor]
    with files.atomic(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*columns, progress.monitor], lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {k: int(v) if k == "epoch" else f"{v:.7g}" for k, v in row.items()} for row in progress.history
        )
