"""Texts of a language model side by side, each token tinted by how much it surprised: exhibits that are `.json` files.

The format: ``{"columns": [name, …], "rows": [{"name": name, "cells": [text, …]}, …]}``, a text for each column in every
row. A text is a list of ``[piece, nats]``: the pieces joined are what it says, `nats` the surprisal −ln p of a token,
null where it was given (a prompt) or not measured.
"""

from bisect import bisect_right
from dataclasses import dataclass
from itertools import groupby
from math import isfinite
from pathlib import Path
from typing import Any

from atelier.core import files

# Nats from which on the next tint begins; what is more likely than the first has none.
STEPS = (1, 2, 4, 6, 8)

Piece = tuple[str, float | None]


@dataclass(frozen=True)
class Stretch:
    """Neighbouring tokens that look alike.

    Attributes:
        before: spaces in front of the first one's word, which take no tint.
        kind: ``given`` before the first measured token, ``plain`` where not measured, else ``measured``.
        step: the tint, from 0 to ``len(STEPS)``.
        nats: of each token, as text; empty where not measured.
    """

    before: str
    text: str
    kind: str
    step: int = 0
    nats: str = ""


@dataclass(frozen=True)
class Row:
    name: str
    texts: list[list[Stretch]]


@dataclass(frozen=True)
class Writing:
    columns: list[str]
    rows: list[Row]

    @property
    def kinds(self) -> set[str]:
        """The kinds of stretches that occur, for the legend."""
        return {stretch.kind for row in self.rows for text in row.texts for stretch in text}


def read(path: Path) -> Writing:
    """Read a table of writing.

    Raises:
        ValueError: the file is no JSON or of another shape; the message names the file, what came and what is allowed.
    """
    value = files.read_json(path)
    _require(_has(value, columns=list, rows=list), path, value, 'an object {"columns": […], "rows": […]}')
    columns, rows = value["columns"], value["rows"]
    _require(
        bool(columns) and all(isinstance(name, str) for name in columns), f"{path}: columns", columns, "a list of names"
    )
    return Writing(columns, [_row(row, len(columns), f"{path}: rows[{index}]") for index, row in enumerate(rows)])


def _row(row: Any, columns: int, place: str) -> Row:
    _require(_has(row, name=str, cells=list), place, row, 'an object {"name": "…", "cells": […]}')
    cells = row["cells"]
    _require(len(cells) == columns, f"{place}.cells", cells, f"a list of {columns}, one for each column,")
    return Row(row["name"], [_stretches(_pieces(cell, f"{place}.cells[{n}]")) for n, cell in enumerate(cells)])


def _pieces(cell: Any, place: str) -> list[Piece]:
    _require(isinstance(cell, list), place, cell, "a list of [piece, nats]")
    for piece in cell:
        right = isinstance(piece, list) and len(piece) == 2 and isinstance(piece[0], str) and _is_surprisal(piece[1])
        _require(right, place, piece, "[piece, nats], a text and a finite number from 0 or null,")
    return [(text, nats) for text, nats in cell]


def _is_surprisal(nats: Any) -> bool:
    # Rounding may take −ln 1 below zero; a bool is an int in Python, but no number.
    return nats is None or (type(nats) in (int, float) and isfinite(nats) and nats > -0.01)


def _stretches(pieces: list[Piece]) -> list[Stretch]:
    """Join neighbours that look alike; what the stretches hold, joined, is what the pieces hold."""
    first = next((index for index, (_, nats) in enumerate(pieces) if nats is not None), None)

    def looks(numbered: tuple[int, Piece]) -> tuple[str, int]:
        index, (_, nats) = numbered
        if nats is None:
            # Where nothing was measured, nothing says which part was given.
            return ("given" if first is not None and index < first else "plain"), 0
        return "measured", bisect_right(STEPS, nats)

    joined = []
    for (kind, step), group in groupby(enumerate(pieces), looks):
        run = [piece for _, piece in group]
        nats = ", ".join(f"{max(0.0, value):.1f}" for _, value in run if value is not None)
        text = "".join(text for text, _ in run)
        words = text.lstrip(" ")
        joined.append(Stretch(text[: len(text) - len(words)], words, kind, step, nats))
    return joined


def _has(value: Any, **types: type) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(key), kind) for key, kind in types.items())


def _require(right: bool, place: object, came: Any, allowed: str) -> None:
    if not right:
        text = repr(came)
        raise ValueError(f"{place}: got {text if len(text) <= 80 else f'{text[:80]}…'}; {allowed} is expected")
