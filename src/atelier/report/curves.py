"""Coordinates of learning curves, for a template that draws them in the colours of the page's light or dark style."""

import math
from collections.abc import Mapping
from typing import NamedTuple

from atelier.report import glossary
from atelier.report.numbers import number
from atelier.report.sources import History

WIDTH, HEIGHT = 360, 190
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 12, 24
# A curve whose largest value exceeds its smallest by more than this factor gets a logarithmic axis.
LOGARITHMIC = 50


class Line(NamedTuple):
    """One column of the history.

    Attributes:
        name: ``train``, ``validation``, or empty if the chart has one line only.
        end, last: coordinates and value of the last point.
        best: the best validation value and its epoch as text; empty if neither direction is better.
    """

    name: str
    points: str
    end: tuple[float, float]
    last: str
    best: str


class Chart(NamedTuple):
    """One quantity over the epochs.

    Attributes:
        reference: the height of a horizontal line, and its value as text.
        kept: the place of a vertical line at the epoch whose weights were kept, and this epoch as text.
        note: what was measured, if it is not what the table of metrics compares.
    """

    title: str
    unit: str
    lines: list[Line]
    reference: tuple[float, str] | None
    kept: tuple[float, str] | None
    note: str
    x_ticks: list[tuple[float, str]]
    y_ticks: list[tuple[float, str]]
    logarithmic: bool


def charts(
    history: History, metrics: Mapping[str, float] | None = None, notes: Mapping[str, str] | None = None
) -> list[Chart]:
    """Return a chart for each quantity, train and validation (``val_…``) together, in the order of the columns.

    The chart of a validation quantity has a reference line if `metrics` has the n-gram model's value. `notes` are shown
    under the charts of the columns that they name.
    """
    epochs = history.get("epoch") or [float(n) for n in range(1, len(next(iter(history.values()))) + 1)]
    kept, drawn = kept_epoch(history, epochs), []
    for quantity in dict.fromkeys(column.removeprefix("val_") for column in history if column != "epoch"):
        # The sum of two opposed losses says nothing: either may fall because the other rises.
        if quantity == "loss" and "generator_loss" in history:
            continue
        columns = {"train": quantity, "validation": f"val_{quantity}"}
        lines = {name: history[column] for name, column in columns.items() if column in history}
        reference = (metrics or {}).get(glossary.NGRAM.format(quantity)) if "validation" in lines else None
        if list(lines) == ["train"]:
            lines = {"": lines["train"]}
        if any(math.isfinite(value) for series in lines.values() for value in series):
            drawn.append(_chart(quantity, epochs, lines, reference, kept, (notes or {}).get(quantity, "")))
    return drawn


def kept_epoch(history: History, epochs: list[float]) -> float | None:
    """Return the epoch whose weights training kept: the first with the lowest value in the last column.

    `training.loop` writes the monitored column last. Other histories, whose last column is no score, have none.

    >>> kept_epoch({"epoch": [1, 2, 3], "loss": [3, 2, 1], "kid": [0.5, 0.2, 0.4]}, [1, 2, 3])
    2
    """
    monitor = list(history)[-1]
    scores = [(value, epoch) for value, epoch in zip(history[monitor], epochs, strict=True) if math.isfinite(value)]
    is_score = monitor.startswith("val_") or monitor in glossary.SCORED_IN_TRAINING
    return (
        min(scores)[1]
        if is_score and scores and glossary.term(monitor.removeprefix("val_")).better == "lower"
        else None
    )


def _chart(
    quantity: str,
    epochs: list[float],
    columns: dict[str, list[float]],
    reference: float | None,
    kept: float | None,
    note: str,
) -> Chart:
    term = glossary.term(quantity)
    values = [value for series in columns.values() for value in series if math.isfinite(value)]
    if reference is not None:
        values.append(reference)
    low, high = min(values), max(values)
    logarithmic = low > 0 and high / low > LOGARITHMIC
    y_ticks = _decades(low, high) if logarithmic else ticks(low, high, 4)
    # The axis includes the ticks that lie outside the data.
    low, high = min(low, *y_ticks), max(high, *y_ticks)

    def x(epoch: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * _fraction(epoch, min(epochs), max(epochs)), 2)

    def y(value: float) -> float:
        scale = math.log if logarithmic else float
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * _fraction(scale(value), scale(low), scale(high)), 2)

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
        reference=None if reference is None else (y(reference), number(reference)),
        kept=None if kept is None else (x(kept), _tick(kept)),
        note=note,
        x_ticks=[(x(tick), _tick(tick)) for tick in _epoch_ticks(min(epochs), max(epochs))],
        y_ticks=[(y(tick), _tick(tick)) for tick in y_ticks],
        logarithmic=logarithmic,
    )


def _best(name: str, term: glossary.Term, known: list[tuple[float, float]]) -> str:
    if name != "validation" or term.better == "neither":
        return ""
    epoch, value = (min if term.better == "lower" else max)(known, key=lambda pair: pair[1])
    return f"best {number(value)} at epoch {_tick(epoch)}"


def ticks(low: float, high: float, about: int) -> list[float]:
    """Return round numbers that enclose ``low…high``, in steps of 1, 2 or 5 times a power of ten.

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
    """Return the first epoch, and round ones whose labels do not overlap its label."""
    gap = (last - first) / 8
    return [first, *(tick for tick in ticks(first, last, 5) if tick == int(tick) and first + gap < tick <= last)]


def _decades(low: float, high: float) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    every = max(1, (last - first) // 4)
    return [10.0**power for power in range(first, last + every, every)]


def _fraction(value: float, low: float, high: float) -> float:
    return 0.5 if low == high else (value - low) / (high - low)


def _tick(value: float) -> str:
    return f"{value:,.6g}".replace(",", "\u202f").replace("-", "−")
