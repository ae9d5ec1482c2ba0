"""Learning curves as shapes that a template draws: its colours then follow the page, light or dark."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from atelier.report import glossary
from atelier.report.numbers import number
from atelier.report.sources import History

WIDTH, HEIGHT = 360, 190
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 12, 24
# A curve that spans more than this factor is drawn on a logarithmic axis.
LOGARITHMIC = 50


@dataclass(frozen=True)
class Line:
    """One column of the history.

    Attributes:
        name: ``train``, ``validation``, or empty where there is but one.
        points: for SVG's `points`.
        end: where the last point lies.
        last: its value.
        best: the best value and its epoch, as text, where one way is better.
    """

    name: str
    points: str
    end: tuple[float, float]
    last: str
    best: str


@dataclass(frozen=True)
class Reference:
    """What to compare a curve with: a level line.

    Attributes:
        name: ``n-gram``.
        y: its height in the chart.
        value: as text.
    """

    name: str
    y: float
    value: str


@dataclass(frozen=True)
class Chart:
    title: str
    unit: str
    lines: list[Line]
    reference: Reference | None
    x_ticks: list[tuple[float, str]]
    y_ticks: list[tuple[float, str]]
    logarithmic: bool


def charts(history: History, metrics: Mapping[str, float] | None = None) -> list[Chart]:
    """A chart for each quantity, train and validation (``val_…``) in one, in the order of the columns.

    Where `metrics` holds the reference of a validated quantity (`glossary.REFERENCES`), it is a line across the chart.
    """
    epochs = history.get("epoch") or [float(n) for n in range(1, len(next(iter(history.values()))) + 1)]
    drawn = []
    for column in history:
        if column == "epoch" or (column.startswith("val_") and column.removeprefix("val_") in history):
            continue
        pair = {"train": history[column]}
        if f"val_{column}" in history:
            pair["validation"] = history[f"val_{column}"]
        elif column.startswith("val_"):
            pair = {"validation": history[column]}
        else:
            pair = {"": history[column]}
        quantity = column.removeprefix("val_")
        metric, name = glossary.REFERENCES.get(quantity, ("", ""))
        value = (metrics or {}).get(metric) if "validation" in pair else None
        if chart := _chart(quantity, epochs, pair, None if value is None else (name, value)):
            drawn.append(chart)
    return drawn


def _chart(
    column: str, epochs: list[float], columns: dict[str, list[float]], reference: tuple[str, float] | None
) -> Chart | None:
    values = [value for series in columns.values() for value in series if math.isfinite(value)]
    if not values:
        return None
    term = glossary.term(column)
    if reference:
        values.append(reference[1])
    low, high = min(values), max(values)
    logarithmic = low > 0 and high / low > LOGARITHMIC
    x_ticks = _epoch_ticks(min(epochs), max(epochs))
    y_ticks = _decades(low, high) if logarithmic else ticks(low, high, 4)
    # Ticks may lie just outside of the data: the axis then reaches out to them.
    low, high = min(low, *y_ticks), max(high, *y_ticks)

    def x(epoch: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * _between(epoch, min(epochs), max(epochs)), 2)

    def y(value: float) -> float:
        part = _between(math.log(value), math.log(low), math.log(high)) if logarithmic else _between(value, low, high)
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * part, 2)

    lines = []
    for name, series in columns.items():
        known = [(epoch, value) for epoch, value in zip(epochs, series, strict=True) if math.isfinite(value)]
        if known:
            points = [(x(epoch), y(value)) for epoch, value in known]
            text = " ".join(f"{px:g},{py:g}" for px, py in points)
            lines.append(Line(name, text, points[-1], number(known[-1][1]), _best(name, term, known)))
    return Chart(
        title=term.label,
        unit=term.unit,
        lines=lines,
        reference=Reference(reference[0], y(reference[1]), number(reference[1])) if reference else None,
        x_ticks=[(x(tick), _tick(tick)) for tick in x_ticks],
        y_ticks=[(y(tick), _tick(tick)) for tick in y_ticks],
        logarithmic=logarithmic,
    )


def _best(name: str, term: glossary.Term, known: list[tuple[float, float]]) -> str:
    if name != "validation" or term.better == "neither":
        return ""
    epoch, value = (min if term.better == "lower" else max)(known, key=lambda pair: pair[1])
    return f"best {number(value)} at epoch {_tick(epoch)}"


def ticks(low: float, high: float, about: int) -> list[float]:
    """Round numbers in steps of 1, 2 or 5 times a power of ten that enclose ``low…high``.

    >>> ticks(131.2, 204.9, 4)
    [120.0, 140.0, 160.0, 180.0, 200.0, 220.0]
    >>> ticks(0.5, 0.5, 4)
    [0.5]
    """
    if low == high:
        return [low]
    raw = (high - low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [float(f"{index * step:.12g}") for index in range(first, last + 1)]


def _epoch_ticks(first: float, last: float) -> list[float]:
    """The first epoch, and round ones that leave its label room."""
    room = (last - first) / 8
    return [first, *(tick for tick in ticks(first, last, 5) if tick == int(tick) and first + room < tick <= last)]


def _decades(low: float, high: float) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    every = max(1, (last - first) // 4)
    return [10.0**power for power in range(first, last + every, every)]


def _between(value: float, low: float, high: float) -> float:
    return 0.5 if low == high else (value - low) / (high - low)


def _tick(value: float) -> str:
    return f"{value:,.6g}".replace(",", "\u202f").replace("-", "−")
