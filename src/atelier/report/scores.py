"""The metrics of a run as table rows: value, references, the judge's gauge, and the change since the last commit."""

from dataclasses import dataclass
from typing import Literal

from atelier.report import glossary
from atelier.report.gauge import REAL, Gauge
from atelier.report.numbers import number

Metrics = dict[str, float]


@dataclass(frozen=True)
class Change:
    """The difference from the last committed metrics; ``changed`` if neither direction is better."""

    kind: Literal["new", "unchanged", "better", "worse", "changed"]
    delta: str = ""


@dataclass(frozen=True)
class Reference:
    """A score to compare with; `samples` is the N of a score of real or damaged data, else None."""

    name: str
    value: str
    samples: int | None = None
    meaning: str = ""


@dataclass(frozen=True)
class Scale:
    """The place of a score between floor (0) and ceiling (1): `end` names the ceiling, `ticks` the other damages."""

    position: float
    end: str
    ticks: list[tuple[str, float]]


@dataclass(frozen=True)
class Row:
    """One metric with its references, what the judge's gauge says, and its place on the scale."""

    metric: str
    term: glossary.Term
    value: str
    spread: str
    references: list[Reference]
    gauge: list[Reference]
    warning: str
    scale: Scale | None
    change: Change


def rows(metrics: Metrics, committed: Metrics | None, gauge: Gauge) -> list[Row]:
    """Return a row for every metric of a run, in the order of the glossary."""
    shown = set(metrics) - glossary.companions(set(metrics))
    return [row(metric, metrics, committed, gauge) for metric in sorted(shown, key=glossary.order)]


def first(candidates: tuple[str, ...], metrics: Metrics, committed: Metrics | None, gauge: Gauge) -> Row | None:
    """Return the row of the first of `candidates` that the run has."""
    return next((row(metric, metrics, committed, gauge) for metric in candidates if metric in metrics), None)


def row(metric: str, metrics: Metrics, committed: Metrics | None, gauge: Gauge) -> Row:
    """Return the row of one metric with its companions."""
    spread = metrics.get(glossary.SPREAD.format(metric))
    samples = metrics.get(glossary.COUNTS.get(metric, "samples"))
    measured = None if samples is None else round(samples)
    scale = (glossary.FLOOR.format(metric), glossary.CEILING.format(metric))
    references = [
        Reference(name, number(metrics[key]), measured if key in scale else None)
        for key, name in glossary.references(metric).items()
        if key in metrics
    ]
    own_floor = glossary.FLOOR.format(metric) in metrics
    judged = [
        Reference("real", number(score), gauge.samples, "Real data: a draw of the train split.")
        if name == REAL
        else Reference(glossary.damage(name).label, number(score), gauge.samples, glossary.damage(name).meaning)
        for name, score in gauge.scores(metric).items()
        if not (name == REAL and own_floor)
    ]
    return Row(
        metric=metric,
        term=glossary.term(metric),
        value=number(metrics[metric]),
        spread="" if spread is None else number(spread),
        references=references,
        gauge=judged,
        warning=gauge.warning(metric, metrics[metric]),
        scale=_scale(metric, metrics, gauge),
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


def _scale(metric: str, metrics: Metrics, gauge: Gauge) -> Scale | None:
    floor = metrics.get(glossary.FLOOR.format(metric))
    ceiling = metrics.get(glossary.CEILING.format(metric))
    if floor is None or ceiling is None or floor == ceiling:
        return None
    position = min(1.0, max(0.0, (metrics[metric] - floor) / (ceiling - floor)))
    end = "the ceiling" if gauge.worst is None else glossary.damage(gauge.worst).label
    return Scale(position, end, gauge.ticks())
