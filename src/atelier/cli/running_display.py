"""The display of a run: a live table on a terminal, otherwise one line for each start and end of a stage."""

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from atelier.core import terminal
from atelier.workflow.running.running import Outcome, Result, log_path

LAST_LINES = 12
_STYLES = {Outcome.FAILED: "red", Outcome.INTERRUPTED: "yellow", Outcome.RESTORED: "cyan"}


class Display:
    """An observer of `running.run` that shows the start and the end of each stage."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._began = time.monotonic()
        self._running: dict[str, float] = {}
        self._counts: Counter[Outcome] = Counter()
        self._waiting = 0
        self._terminals = [stream for stream in (sys.stdout, sys.stderr) if stream.isatty()]

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def started(self, stage: str, waiting: int) -> None:
        self._running[stage] = time.monotonic()
        self._waiting = waiting
        if not self.console.is_terminal:
            self._print(Text(f"{stage}: started"))

    def ended(self, stage: str, outcome: Outcome, seconds: float) -> None:
        """Show how a stage ended; stages that were up to date are only counted."""
        self._running.pop(stage, None)
        self._counts[outcome] += 1
        if outcome is not Outcome.UNCHANGED or seconds:
            self._print(Text(f"{stage}: {outcome} in {duration(seconds)}", style=_STYLES.get(outcome, "")))

    def __rich__(self) -> RenderableType:
        self.drop_closed_terminal()
        table = Table.grid(padding=(0, 2))
        for stage, since in list(self._running.items()):
            table.add_row(Text(stage, style="bold"), duration(time.monotonic() - since), str(log_path(stage)))
        counts = ", ".join(f"{count} {outcome}" for outcome, count in self._counts.items())
        state = f"{len(self._running)} running, {self._waiting} waiting" + (f", {counts}" if counts else "")
        return Group(table, Text(f"{state}  {duration(self.seconds)}", style="dim"))

    def drop_closed_terminal(self) -> None:
        """Print to nowhere once the terminal is closed, where writing fails: a run that ignores SIGHUP goes on."""
        if self._terminals and not self._terminals[0].isatty():
            nowhere = os.open(os.devnull, os.O_WRONLY)
            for stream in self._terminals:
                os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
            self._terminals = []

    def _print(self, line: Text) -> None:
        self.drop_closed_terminal()
        # One event is one line, however long.
        self.console.print(line, soft_wrap=True, highlight=False)


@contextmanager
def shown() -> Iterator[Display]:
    """Yield a display that exists as long as the block."""
    console = terminal.console()
    display = Display(console)
    if not console.is_terminal:
        yield display
        return
    with Live(get_renderable=display.__rich__, console=console, refresh_per_second=4, transient=True):
        yield display


def summary(result: Result, seconds: float) -> str:
    """Return the result of a run in one line, followed by the stages that did not start."""
    counts = Counter(result.outcomes.values())
    parts = [f"{counts[outcome]} {outcome}" for outcome in Outcome if counts[outcome]]
    line = f"{', '.join(parts) or 'nothing done'}, {duration(seconds)}"
    return f"{line}\nnot started: {', '.join(result.not_started)}" if result.not_started else line


def failure(root: Path, stage: str) -> str:
    """Return the path of a failed stage's log, and its last lines."""
    log = (root / log_path(stage)).read_text(encoding="utf-8", errors="replace").rstrip().splitlines()
    last = "\n".join(f"  {line}" for line in log[-LAST_LINES:])
    return f"{stage} failed; {log_path(stage)} ends with:\n{last}"


def duration(seconds: float) -> str:
    """Return a number of seconds with a suitable unit.

    >>> duration(4.27), duration(75)
    ('4.3 s', '1 min 15 s')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"
