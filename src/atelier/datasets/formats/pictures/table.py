"""Read a table of attributes: a CSV whose first column names files, and whose others are 0 and 1, or -1 and 1."""

import csv
import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from atelier.datasets.formats.own.layout import shown

_FILE = "file"
_SEPARATORS = ",;\t"
_VALUES = ({0, 1}, {-1, 1})


@dataclass(frozen=True)
class Table:
    """The rows of a table: uint8 0 or 1 of shape ``(rows, attributes)``, and the row of each file it names."""

    attributes: tuple[str, ...]
    values: np.ndarray
    row: dict[str, int]

    def match(self, names: Sequence[str]) -> np.ndarray:
        """Return the row of each picture, −1 if there is none.

        A row names a picture by its path or by the end of its path, as far as that is unique.

        Raises:
            ValueError: a row names two pictures.
        """
        rows = np.full(len(names), -1)
        owner: dict[str, str] = {}
        for index, name in enumerate(names):
            parts = shown(name).split("/")
            endings = ("/".join(parts[start:]) for start in range(len(parts)))
            found = next((ending for ending in endings if ending in self.row), None)
            if found is None:
                continue
            if found in owner:
                raise ValueError(
                    f"the row of {found!r} names {shown(owner[found])} and {shown(name)}; write their paths"
                )
            owner[found] = name
            rows[index] = self.row[found]
        return rows


def read(content: bytes) -> Table:
    """Read a table in UTF-8, separated by commas, semicolons or tabs.

    Raises:
        ValueError: it is malformed, names a file twice, or has a value that is neither 0, 1 nor −1.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 (byte {error.start:,}); save the table as CSV in UTF-8") from None
    head = text.split("\n", 1)[0]
    separator = max(_SEPARATORS, key=head.count)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise ValueError(f"not a CSV ({error})") from None
    header = [unicodedata.normalize("NFC", cell.strip()) for cell in (lines[0] if lines else [])]
    if len(header) < 2 or header[0].lower() != _FILE:
        raise ValueError(f"expected a header of {_FILE!r} and the names of attributes; its first line is {head[:80]!r}")
    attributes = tuple(header[1:])
    if "" in attributes or len(set(attributes)) < len(attributes):
        raise ValueError(f"each attribute needs a name of its own; they are {', '.join(map(repr, attributes))}")
    rows: dict[str, int] = {}
    values: list[list[int]] = []
    for number, line in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in line):
            continue
        if len(line) != len(header):
            raise ValueError(f"line {number}: {len(line)} cells; the header has {len(header)}")
        name = unicodedata.normalize("NFC", line[0].strip().replace("\\", "/").removeprefix("./"))
        if name in rows:
            raise ValueError(f"line {number}: {name} occurs more than once")
        rows[name] = len(values)
        values.append([_number(cell, number) for cell in line[1:]])
    table = np.array(values, np.int8).reshape(len(values), len(attributes))
    seen = set(np.unique(table).tolist())
    if not any(seen <= allowed for allowed in _VALUES):
        raise ValueError("has 0 and -1; allowed are 0 and 1, or -1 and 1")
    return Table(attributes, (table == 1).astype(np.uint8), rows)


def _number(cell: str, line: int) -> int:
    try:
        value = float(cell)
    except ValueError:
        value = None
    if value not in (-1, 0, 1):
        raise ValueError(f"line {line}: got {cell.strip()!r:.40}; allowed are 0 and 1, or -1 and 1")
    return int(value)
