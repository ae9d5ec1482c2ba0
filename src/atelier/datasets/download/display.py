"""The progress of a download: bars on a terminal, one line per file in a log."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich import progress
from rich.filesize import decimal

from atelier.core import terminal


class Display:
    """One bar per file of `dataset`: bytes, rate and time left."""

    def __init__(self, dataset: str) -> None:
        self._dataset = dataset
        self._is_terminal = sys.stdout.isatty()
        self.bars = progress.Progress(
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.DownloadColumn(),
            progress.TransferSpeedColumn(),
            progress.TimeRemainingColumn(),
            console=terminal.console(),
            disable=not self._is_terminal,
        )
        self._current: progress.TaskID | None = None

    @contextmanager
    def file(self, name: str, total: int | None, resumed: int = 0) -> Iterator[None]:
        """Show a bar for one file during the block, from `resumed` to `total` bytes; None if the length is unknown."""
        self._current = self.bars.add_task(f"{self._dataset}/{name}", total=total, completed=resumed)
        try:
            yield
        finally:
            self._current = None

    def position(self, size: int) -> None:
        """Move the bar of the current file to `size` bytes."""
        if self._current is not None:
            self.bars.update(self._current, completed=size)

    def complete(self, name: str, size: int, origin: str) -> None:
        """Write a log line for a verified file; on a terminal, the full bar is enough."""
        self.position(size)
        if not self._is_terminal:
            self.note(f"{name}: {decimal(size)} {origin}")

    def kept(self, name: str, size: int) -> None:
        """Show a file that an earlier run has downloaded and verified."""
        with self.file(name, size, resumed=size):
            self.complete(name, size, "were here already")

    def note(self, text: str) -> None:
        """Print one line, on a terminal and in a log."""
        self.bars.console.print(f"{self._dataset}: {text}", markup=False, highlight=False, soft_wrap=True)
