"""Tables of texts from a language model, with the surprisal of each token: exhibits that are `.json` files.

The format is ``{"columns": [name, …], "rows": [{"name": name, "cells": [text, …]}, …]}``, with a text for each column.
A text is a list of ``[piece, nats]``: the characters that a token adds, and its surprisal −ln p, or null if the token
was given (a prompt) or not measured.
"""

from bisect import bisect_right
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from reprlib import repr as shortened
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError, model_validator

# The nats at which the next tint begins. Tokens below the first limit have no tint.
LIMITS = (1, 2, 4, 6, 8)
FORMAT = '{"columns": [name, …], "rows": [{"name": name, "cells": [[[piece, nats or null], …], …]}, …]}'

# Rounding can make −ln 1 slightly negative.
Piece = tuple[str, Annotated[float, Field(ge=-0.01, allow_inf_nan=False)] | None]


class Row(BaseModel):
    name: str
    cells: list[list[Piece]]


class TextTable(BaseModel):
    columns: list[str] = Field(min_length=1)
    rows: list[Row]

    @model_validator(mode="after")
    def _has_a_cell_for_each_column(self) -> "TextTable":
        for index, row in enumerate(self.rows):
            if len(row.cells) != len(self.columns):
                raise ValueError(f"rows.{index}.cells has {len(row.cells)} entries for {len(self.columns)} columns")
        return self

    @property
    def kinds(self) -> set[str]:
        """The kinds of spans in the table, for the legend."""
        return {span.kind for row in self.rows for cell in row.cells for span in spans(cell)}


@dataclass(frozen=True)
class Span:
    """Adjacent tokens with the same style.

    Attributes:
        before: the spaces before the first word; they have no tint.
        kind: ``measured``, ``given`` (not measured, before the first measured token), or ``plain`` (not measured).
        tint: from 0 to ``len(LIMITS)``.
        nats: the surprisal of each token, as text; empty if not measured.
    """

    before: str
    text: str
    kind: str
    tint: int = 0
    nats: str = ""


def read(path: Path) -> TextTable:
    """Read a table of texts; raise `ValueError` if the file has another format."""
    try:
        return TextTable.model_validate_json(path.read_bytes(), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        came = f"got {shortened(first['input'])}; {first['msg']}"
        raise ValueError(f"{path}: {key + ': ' if key else ''}{came}; allowed is {FORMAT}") from None


def spans(pieces: list[Piece]) -> list[Span]:
    """Join adjacent tokens with the same style, without changing the text."""
    first_measured = next((index for index, (_, nats) in enumerate(pieces) if nats is not None), 0)

    def style(numbered: tuple[int, Piece]) -> tuple[str, int]:
        index, (_, nats) = numbered
        if nats is None:
            return ("given" if index < first_measured else "plain"), 0
        return "measured", bisect_right(LIMITS, nats)

    joined = []
    for (kind, tint), group in groupby(enumerate(pieces), style):
        members = [piece for _, piece in group]
        nats = ", ".join(f"{max(0.0, value):.1f}" for _, value in members if value is not None)
        text = "".join(text for text, _ in members)
        words = text.lstrip(" ")
        joined.append(Span(text[: len(text) - len(words)], words, kind, tint, nats))
    return joined
