"""What a person sees of a run: a table that lives on a terminal, a line for each event elsewhere."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from atelier.repository.running import Outcome, Result, log_path

LAST_LINES = 12
_STYLES = {Outcome.FAILED: "red", Outcome.INTERRUPTED: "yellow", Outcome.RESTORED: "cyan"}


class Display:
    """Told of every start and end, as `atelier.repository.running` does."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._began = time.monotonic()
        self._running: dict[str, float] = {}
        self._counts: Counter[Outcome] = Counter()
        self._waiting = 0

    @property
    def seconds(self) -> float:
        """Since it was made."""
        return time.monotonic() - self._began

    def started(self, stage: str, waiting: int) -> None:
        self._running[stage] = time.monotonic()
        self._waiting = waiting
        if not self.console.is_terminal:
            self._print(Text(f"{stage}: started"))

    def ended(self, stage: str, outcome: Outcome, seconds: float) -> None:
        self._running.pop(stage, None)
        self._counts[outcome] += 1
        if outcome is not Outcome.UNCHANGED or seconds:
            self._print(Text(f"{stage}: {outcome} in {spoken(seconds)}", style=_STYLES.get(outcome, "")))

    def __rich__(self) -> RenderableType:
        table = Table.grid(padding=(0, 2))
        for stage, since in list(self._running.items()):
            table.add_row(Text(stage, style="bold"), spoken(time.monotonic() - since), str(log_path(stage)))
        counts = ", ".join(f"{count} {outcome}" for outcome, count in self._counts.items())
        state = f"{len(self._running)} running, {self._waiting} waiting" + (f", {counts}" if counts else "")
        return Group(table, Text(f"{state}  {spoken(self.seconds)}", style="dim"))

    def _print(self, line: Text) -> None:
        # A line is one event: a long name must not break it.
        self.console.print(line, soft_wrap=True, highlight=False)


@contextmanager
def shown() -> Iterator[Display]:
    """A display that lives as long as the block."""
    console = Console()
    display = Display(console)
    if not console.is_terminal:
        yield display
        return
    with Live(get_renderable=display.__rich__, console=console, refresh_per_second=4, transient=True):
        yield display


def summary(result: Result, seconds: float) -> str:
    """What came of a run, in one line, and the stages that it left."""
    counts = Counter(result.outcomes.values())
    parts = [f"{counts[outcome]} {outcome}" for outcome in Outcome if counts[outcome]]
    line = f"{', '.join(parts) or 'nothing done'}, {spoken(seconds)}"
    return f"{line}\nnot begun: {', '.join(result.left)}" if result.left else line


def failure(root: Path, stage: str) -> str:
    """Where a failed stage's log is, and its last lines."""
    said = (root / log_path(stage)).read_text(encoding="utf-8", errors="replace").rstrip().splitlines()
    last = "\n".join(f"  {line}" for line in said[-LAST_LINES:])
    return f"{stage} failed; {log_path(stage)} ends with:\n{last}"


def spoken(seconds: float) -> str:
    """A time as a person reads it.

    >>> spoken(4.27), spoken(75)
    ('4.3 s', '1 min 15 s')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"
