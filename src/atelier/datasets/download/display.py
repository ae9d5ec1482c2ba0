"""What is seen of a transfer: bars on a terminal, one line per file in a log."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.filesize import decimal
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)


class Display:
    """The progress of a dataset's files: bytes, rate and time left of each while it comes."""

    def __init__(self, dataset: str) -> None:
        self._dataset = dataset
        self._live = sys.stdout.isatty()
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            disable=not self._live,
        )
        self._bar: TaskID | None = None

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    @contextmanager
    def file(self, name: str, total: int | None, already: int = 0) -> Iterator[None]:
        """The block in which one file of `total` bytes, if that is known, comes, `already` of which are here."""
        self._bar = self._bars.add_task(f"{self._dataset}/{name}", total=total, completed=already)
        try:
            yield
        finally:
            self._bar = None

    def position(self, size: int) -> None:
        """So many bytes of the current file are here."""
        if self._bar is not None:
            self._bars.update(self._bar, completed=size)

    def arrived(self, name: str, size: int, origin: str) -> None:
        """A file is here and verified. A log gets its line; on a terminal the full bar says it."""
        if not self._live:
            self.note(f"{name}: {decimal(size)} {origin}")

    def kept(self, name: str, size: int) -> None:
        """A file is here and verified since an earlier run."""
        with self.file(name, size, already=size):
            self.arrived(name, size, "were here already")

    def note(self, text: str) -> None:
        """One line that is worth reading on a terminal and in a log alike."""
        self._bars.console.print(f"{self._dataset}: {text}", markup=False, highlight=False, soft_wrap=True)
