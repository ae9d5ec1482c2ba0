"""Read texts and labels from tables: CSV with a header, or JSONL with an object in each line."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from atelier.datasets.formats.texts.decoding import LONGEST

SEPARATORS = ",;\t|"  # of the cells of a CSV
_SHOWN = 10  # columns that an error lists


class Row(NamedTuple):
    """A row of a table: the line in which it begins, its text and label; or why it cannot be read."""

    line: int
    text: str
    label: str
    why: str = ""


def read(content: str, text: str, label: str, lines_of_json: bool) -> Iterator[Row]:
    """Yield the rows of a table.

    Args:
        content: the table.
        text: column, or key, of the text.
        label: that of the label; empty if it is not needed.
        lines_of_json: whether the table is JSONL.

    Raises:
        ValueError: a CSV has no such columns.
    """
    return _json(content, text, label) if lines_of_json else _csv(content, text, label)


def looks_like_json(content: str) -> bool:
    """Return whether a table without a name that says so is JSONL.

    >>> looks_like_json('{"text": "a"}'), looks_like_json("text,label")
    (True, False)
    """
    return content.lstrip().startswith("{")


def _csv(content: str, text: str, label: str) -> Iterator[Row]:
    before = csv.field_size_limit(LONGEST)
    try:
        rows, header = _opened(content, text)
        places = [_place(header, name) for name in (text, label) if name]
        while True:
            # A row may span several lines.
            line = rows.line_num + 1
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                yield Row(line, "", "", f"not a row of a CSV ({error}); is a quote missing?")
                continue
            if len(cells) <= 1 < len(header) and not "".join(cells).strip():
                continue
            if cells and len(cells) != len(header):
                yield Row(line, "", "", f"{len(cells)} cells; the header has {len(header)}")
            elif cells:
                found = [cells[place] for place in places]
                yield Row(line, found[0], found[1].strip() if label else "")
    finally:
        csv.field_size_limit(before)


def _opened(content: str, text: str) -> tuple[Any, list[str]]:
    """Open a CSV with the separator that its header shows; return the reader after the header, and the header."""
    headers = []
    for separator in SEPARATORS:
        rows = csv.reader(io.StringIO(content, newline=""), delimiter=separator, strict=True)
        try:
            header = [cell.strip() for cell in next(rows, [])]
        except csv.Error as error:
            raise ValueError(f"line 1: not the header of a CSV ({error})") from None
        if text in header:
            return rows, header
        headers.append(header)
    columns = max(headers, key=len)
    listed = ", ".join(f"{name!r:.60}" for name in columns[:_SHOWN])
    more = f" and {len(columns) - _SHOWN:,} more" if len(columns) > _SHOWN else ""
    raise ValueError(f"no column {text!r}; its columns are {listed or 'none'}{more}")


def _place(header: list[str], name: str) -> int:
    if header.count(name) != 1:
        columns = ", ".join(f"{name!r:.60}" for name in header[:_SHOWN])
        many = "no column" if name not in header else "more than one column"
        raise ValueError(f"{many} {name!r}; its columns are {columns}")
    return header.index(name)


def _json(content: str, text: str, label: str) -> Iterator[Row]:
    # Not `splitlines`: other characters that end lines may stand in a text.
    for number, line in enumerate(io.StringIO(content, newline="\n"), start=1):
        if not line.strip():
            continue
        try:
            yield Row(number, *_fields(line, text, label))
        except ValueError as error:
            yield Row(number, "", "", str(error))


def _fields(line: str, text: str, label: str) -> tuple[str, str]:
    try:
        found = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON ({error.msg}, column {error.colno:,})") from None
    except (RecursionError, ValueError):
        raise ValueError("not JSON that can be read (nested too deeply, or a number is too long)") from None
    if not isinstance(found, dict):
        raise ValueError(f"{_kind(found)}; allowed is an object with the key {text!r}")
    for key in (text, label):
        if key and key not in found:
            keys = ", ".join(f"{name!r:.60}" for name in list(found)[:_SHOWN])
            raise ValueError(f"no key {key!r}; its keys are {keys or 'none'}")
    if not isinstance(found[text], str):
        raise ValueError(f"{text!r} is {_kind(found[text])}; allowed is text")
    return found[text], _label(found[label], label) if label else ""


def _label(value: object, label: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, (str, int, float)):
        raise ValueError(f"{label!r} is {_kind(value)}; allowed are text and numbers")
    return str(value).strip()


def _kind(value: object) -> str:
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "an object"
    return "null" if value is None else f"{value!r:.40}"
