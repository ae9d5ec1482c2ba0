"""The metrics of a run as table rows: value, references, and the change since the last commit."""

from dataclasses import dataclass
from typing import Literal

from atelier.report import glossary
from atelier.report.numbers import number

Metrics = dict[str, float]


@dataclass(frozen=True)
class Change:
    """The difference from the last committed metrics; ``changed`` if neither direction is better."""

    kind: Literal["new", "unchanged", "better", "worse", "changed"]
    delta: str = ""


@dataclass(frozen=True)
class Row:
    """One metric, with names and values of references; `position` is 0 at its floor and 1 at its ceiling."""

    metric: str
    term: glossary.Term
    value: str
    spread: str
    references: list[tuple[str, str]]
    position: float | None
    change: Change


def rows(metrics: Metrics, committed: Metrics | None) -> list[Row]:
    """Return a row for every metric of a run, in the order of the glossary."""
    shown = set(metrics) - glossary.companions(set(metrics))
    return [row(metric, metrics, committed) for metric in sorted(shown, key=glossary.order)]


def first(candidates: tuple[str, ...], metrics: Metrics, committed: Metrics | None) -> Row | None:
    """Return the row of the first of `candidates` that the run has."""
    return next((row(metric, metrics, committed) for metric in candidates if metric in metrics), None)


def row(metric: str, metrics: Metrics, committed: Metrics | None) -> Row:
    """Return the row of one metric with its companions."""
    spread = metrics.get(glossary.SPREAD.format(metric))
    references = [
        (name, number(metrics[key]))
        for pattern, name in glossary.REFERENCES.items()
        if (key := pattern.format(metric)) in metrics
    ]
    return Row(
        metric=metric,
        term=glossary.term(metric),
        value=number(metrics[metric]),
        spread="" if spread is None else number(spread),
        references=references,
        position=_position(metric, metrics),
        change=change(metric, metrics[metric], (committed or {}).get(metric)),
    )


def change(metric: str, now: float, before: float | None) -> Change:
    """Compare a metric with its committed value.

    >>> change("fd", 3.5, 4.0)
    Change(kind='better', delta='−0.500')
    >>> change("recall", 0.5, None)
    Change(kind='new', delta='')
    """
    if before is None:
        return Change("new")
    if now == before:
        return Change("unchanged")
    delta = number(now - before) if now < before else f"+{number(now - before)}"
    better = glossary.term(metric).better
    if better == "neither":
        return Change("changed", delta)
    return Change("better" if (now < before) == (better == "lower") else "worse", delta)


def _position(metric: str, metrics: Metrics) -> float | None:
    floor = metrics.get(glossary.FLOOR.format(metric))
    ceiling = metrics.get(glossary.CEILING.format(metric))
    if floor is None or ceiling is None or floor == ceiling:
        return None
    return min(1.0, max(0.0, (metrics[metric] - floor) / (ceiling - floor)))
