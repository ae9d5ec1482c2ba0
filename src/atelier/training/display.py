"""The progress of a training: a bar on a terminal, one line per epoch in a log."""

import keras
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn, TimeRemainingColumn

from atelier.core import terminal


class EpochDisplay(keras.callbacks.Callback):
    """Show epochs, losses and the remaining time."""

    def __init__(self, epochs: int, steps: int, done: int) -> None:
        super().__init__()
        self.console = terminal.console()
        columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
        hidden = not self.console.is_terminal
        self.bar = Progress(*columns, "{task.fields[losses]}", console=self.console, disable=hidden)
        self.epochs, self.steps, self.done = epochs, steps, done

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        total, completed = self.epochs * self.steps, self.done * self.steps
        self.task = self.bar.add_task("training", total=total, completed=completed, losses="")
        self.bar.start()

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        self.bar.stop()

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.epoch = epoch
        self.bar.update(self.task, description=f"epoch {epoch + 1}/{self.epochs}")

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if self.console.is_terminal:
            self.bar.update(self.task, completed=self.epoch * self.steps + batch + 1, losses=_losses(logs))

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if not self.console.is_terminal:
            print(f"epoch {epoch + 1}/{self.epochs}  {_losses(logs)}", flush=True)


def _losses(logs: dict[str, float] | None) -> str:
    return "  ".join(f"{name} {float(value):.4g}" for name, value in (logs or {}).items())
