"""Guess what files of texts are: their encoding, and the columns of tables that hold texts and labels."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from atelier.datasets.formats.texts.decoding import LONGEST
from atelier.datasets.formats.texts.tables import SEPARATORS, looks_like_json

TEXTS = ("text", "content", "review", "sentence", "body", "document", "message", "abstract", "comment")
LABELS = ("label", "class", "category", "sentiment", "target", "topic", "rating", "stars", "genre", "language")
_ROWS = 500  # of a table that are looked at
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def encoding(contents: Iterable[bytes]) -> str:
    """Guess the encoding of files: utf-8 unless most of their lines with other characters than ASCII are none.

    >>> encoding(["naïve".encode("cp1252")]), encoding([b"plain", "naïve".encode()])
    ('cp1252', 'utf-8')
    """
    files = wide = lines = valid = 0
    for content in contents:
        files += 1
        wide += content[:2] in _UTF_16
        if content.isascii():
            continue
        other = [line for line in content.split(b"\n") if not line.isascii()]
        lines += len(other)
        valid += sum(map(_is_utf_8, other))
    if 2 * wide > files:
        return "utf-16"
    return "utf-8" if 2 * valid >= lines else "cp1252"


def _is_utf_8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def read(table: str) -> dict[str, list[str]]:
    """Read the first rows of a table: the values of each column; none if it is no table.

    >>> read("id;text\\n1;A rose.\\n2;A tulip."), read('{"text": "A rose.", "id": 1}')
    ({'id': ['1', '2'], 'text': ['A rose.', 'A tulip.']}, {'text': ['A rose.'], 'id': ['1']})
    """
    return _json(table) if looks_like_json(table) else _csv(table)


def _csv(table: str) -> dict[str, list[str]]:
    # The header may have a separator in a quoted name, but hardly more of them than of the true one.
    separator = max(SEPARATORS, key=table.partition("\n")[0].count)
    before = csv.field_size_limit(LONGEST)
    try:
        rows = list(islice(csv.reader(io.StringIO(table, newline=""), delimiter=separator), _ROWS + 1))
    except csv.Error:
        return {}
    finally:
        csv.field_size_limit(before)
    header = [cell.strip() for cell in rows[0]] if rows else []
    whole = [row for row in rows[1:] if len(row) == len(header)]
    return {name: [row[place].strip() for row in whole] for place, name in enumerate(header) if name}


def _json(table: str) -> dict[str, list[str]]:
    columns: dict[str, list[str]] = {}
    for line in islice(io.StringIO(table, newline="\n"), _ROWS):
        try:
            found = json.loads(line)
        except (json.JSONDecodeError, RecursionError):
            continue
        for key, value in found.items() if isinstance(found, dict) else ():
            if isinstance(value, str | int | float):
                columns.setdefault(str(key), []).append(str(value).strip())
    return columns


def text(columns: Mapping[str, Sequence[str]]) -> str:
    """Return the column of the text: by its name, else the one with the longest values; empty if there is none."""
    named = _named(columns, TEXTS)
    return named or max(columns, key=lambda name: sum(map(len, columns[name])), default="")


def label(columns: Mapping[str, Sequence[str]], of_text: str) -> str:
    """Return the column of the label: by its name, else the first with few different values; empty if there is none."""
    others = {name: values for name, values in columns.items() if name != of_text}
    few = (name for name, values in others.items() if 2 <= len(set(values)) <= min(20, len(values) // 20))
    return _named(others, LABELS) or next(few, "")


def _named(columns: Iterable[str], names: Sequence[str]) -> str:
    lowered = {column.lower(): column for column in columns}
    return next((lowered[name] for name in names if name in lowered), "")
