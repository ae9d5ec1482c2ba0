"""A run's metrics as rows to show: value, yardsticks, and how far it moved since the last commit."""

from dataclasses import dataclass

from atelier.report import glossary
from atelier.report.numbers import number

Metrics = dict[str, float]


@dataclass(frozen=True)
class Change:
    """Against the last committed metrics.

    Attributes:
        verdict: ``first``, ``same``, ``better``, ``worse`` or ``moved`` (neither way is better).
        delta: the difference as text, empty for ``first`` and ``same``.
    """

    verdict: str
    delta: str = ""

    @property
    def arrow(self) -> str:
        return "" if not self.delta else "▼" if self.delta.startswith("−") else "▲"


@dataclass(frozen=True)
class Row:
    """One metric.

    Attributes:
        spread: its standard deviation, as text; empty where there is none.
        yardsticks: what to compare it with, as pairs of a name and a number.
        position: where it lies from floor (0) to ceiling (1); None without both.
    """

    metric: str
    term: glossary.Term
    value: str
    spread: str
    yardsticks: list[tuple[str, str]]
    position: float | None
    change: Change


def rows(metrics: Metrics, committed: Metrics | None) -> list[Row]:
    """Every metric of a run, in the order of the glossary."""
    shown = set(metrics) - glossary.companions(set(metrics))
    return [row(metric, metrics, committed) for metric in sorted(shown, key=glossary.order)]


def first(candidates: tuple[str, ...], metrics: Metrics, committed: Metrics | None) -> Row | None:
    """The first of `candidates` that the run has."""
    return next((row(metric, metrics, committed) for metric in candidates if metric in metrics), None)


def row(metric: str, metrics: Metrics, committed: Metrics | None) -> Row:
    """One metric with its companions."""
    spread = metrics.get(glossary.SPREAD.format(metric))
    yardsticks = [
        (name, number(metrics[key]))
        for pattern, name in glossary.YARDSTICKS.items()
        if (key := pattern.format(metric)) in metrics
    ]
    return Row(
        metric=metric,
        term=glossary.term(metric),
        value=number(metrics[metric]),
        spread="" if spread is None else number(spread),
        yardsticks=yardsticks,
        position=_position(metric, metrics),
        change=change(metric, metrics[metric], None if committed is None else committed.get(metric)),
    )


def change(metric: str, now: float, before: float | None) -> Change:
    """How `metric` moved.

    >>> change("fd", 3.5, 4.0)
    Change(verdict='better', delta='−0.500')
    >>> change("recall", 0.5, None)
    Change(verdict='first', delta='')
    """
    if before is None:
        return Change("first")
    if now == before:
        return Change("same")
    better = glossary.term(metric).better
    verdict = "moved" if better == "neither" else "better" if (now < before) == (better == "lower") else "worse"
    delta = now - before
    return Change(verdict, number(delta) if delta < 0 else f"+{number(delta)}")


def _position(metric: str, metrics: Metrics) -> float | None:
    floor = metrics.get(glossary.FLOOR.format(metric))
    ceiling = metrics.get(glossary.CEILING.format(metric))
    if floor is None or ceiling is None or floor == ceiling:
        return None
    return min(1.0, max(0.0, (metrics[metric] - floor) / (ceiling - floor)))
