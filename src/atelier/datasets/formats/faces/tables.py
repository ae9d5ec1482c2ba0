"""Read CelebA's two tables, one row per picture: the binary attributes and the official partition.

Upstream separates columns by spaces. Tables of others may begin with a byte-order mark, and be separated by commas
or semicolons, below a line of column names.
"""

import codecs
import csv
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from atelier.core.spec import SPLITS
from atelier.datasets import raw_files
from atelier.datasets.formats.faces.archive import FOLDER, plain

# In the order in which they are looked for; otherwise columns are separated by white space.
_SEPARATORS = (",", ";")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def attributes(path: Path, chosen: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Read the `chosen` columns of the attribute table: the number of rows, the 40 names, then rows of ±1.

    The number of rows may be missing. The line of names may begin with one for the column of the pictures.

    Returns:
        Names of the pictures, ascending, text of shape ``(n,)``, and uint8 0 or 1 of shape ``(n, len(chosen))``.

    Raises:
        KeyError: the table lacks one of `chosen`.
        ValueError: the table is malformed, a name occurs twice, or a value is neither 1 nor −1.
    """
    form = _form(path)
    first, second, third = form.head
    counted = len(first) == 1 and first[0].isdecimal()
    known, row = (second, third) if counted else (first, second)
    if len(known) == len(row):
        known = known[1:]
    elif not counted:
        known = []
    if not known or any(map(_is_integer, known)):
        came = f"it begins with {' '.join(first)[:80]!r}"
        raise ValueError(f"{path}: expected a number of rows and a line of attribute names at its head; {came}")
    if unknown := [name for name in chosen if name not in known]:
        raise KeyError(f"got {unknown[0]!r}; known are: {', '.join(sorted(known))}")
    table = _read(path, known, 1 + counted, form)
    if counted and len(table) != int(first[0]):
        raise ValueError(f"{path}: {len(table):,} rows; its first line says {int(first[0]):,}")
    names, values = table["name"].to_numpy(), table[list(chosen)].to_numpy()
    wrong = ~np.isin(values, (-1, 1)).all(axis=1)
    if wrong.any():
        raise ValueError(f"{path}: {names[np.argmax(wrong)]} has a value other than 1 and -1")
    names, order = _ascending(names, path)
    return names, (values[order] == 1).astype(np.uint8)


def partition(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read the official partition, whose first line may name the columns.

    Returns:
        Names of the pictures, ascending, text of shape ``(n,)``, and indices into `SPLITS`, int8 of shape ``(n,)``.

    Raises:
        ValueError: the table is malformed, a name occurs twice, or a split is not 0, 1 or 2.
    """
    form = _form(path)
    named = len(form.head[0]) == 2 and not _is_integer(form.head[0][1])
    table = _read(path, ["split"], int(named), form)
    names, splits = table["name"].to_numpy(), table["split"].to_numpy()
    if len(wrong := splits[(splits < 0) | (splits >= len(SPLITS))]):
        raise ValueError(f"{path}: split {wrong[0]}; allowed are 0 (train), 1 (validation) and 2 (test)")
    names, order = _ascending(names, path)
    return names, splits[order]


def rows(names: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the index of each of `wanted` in the ascending `names`, −1 where it is missing.

    >>> rows(np.array(["a", "c"]), np.array(["c", "b", "z"])).tolist()
    [1, -1, -1]
    """
    if not len(names):
        return np.full(len(wanted), -1)
    found = np.searchsorted(names, wanted).clip(max=len(names) - 1)
    return np.where(names[found] == wanted, found, -1)


class _Form(NamedTuple):
    """How a table is written, and its first three lines that are not empty: their entries, and where they end."""

    head: tuple[list[str], list[str], list[str]]
    ends: list[int]  # lines up to the end of none of them, the first, the second, the third
    encoding: str
    separator: str


def _form(path: Path) -> _Form:
    with path.open("rb") as file:
        encoding = "utf-16" if file.read(2) in _UTF16 else "utf-8-sig"
    what = raw_files.kind(path)
    if what not in ("empty", raw_files.OTHER):
        raise ValueError(f"{path}: not a table of text but {what}")
    try:
        with path.open(encoding=encoding) as file:
            numbered = list(islice(((line.strip(), end) for end, line in enumerate(file, 1) if line.strip()), 3))
        lines, ends = [line for line, _ in numbered], [end for _, end in numbered]
        separator = next((separator for separator in _SEPARATORS if lines and separator in lines[-1]), None)
        rows = list(csv.reader(lines, delimiter=separator)) if separator else [line.split() for line in lines]
    except (UnicodeError, csv.Error) as error:
        raise ValueError(f"{path}: not a table of text in UTF-8 ({error})") from None
    first, second, third = (_entries(row) for row in [*rows, [], [], []][:3])
    return _Form((first, second, third), [0, *ends], encoding, separator or r"\s+")


def _entries(row: list[str]) -> list[str]:
    """Return the entries of a row without empty ones at its end, which spreadsheets add to short rows."""
    entries = [entry.strip() for entry in row]
    while entries and not entries[-1]:
        entries.pop()
    return entries


def _is_integer(text: str) -> bool:
    return text.lstrip("+-").isdecimal()


def _read(path: Path, columns: Sequence[str], head: int, form: _Form) -> pd.DataFrame:
    """Read the rows after `head` lines: a name, and a small integer for each of `columns`."""
    # Without column names, the parser refuses rows longer than the first, and a short row lacks an integer.
    types = {0: object, **dict.fromkeys(range(1, len(columns) + 1), np.int8)}
    _, ends, encoding, separator = form
    try:
        table = pd.read_csv(
            path, sep=separator, header=None, skiprows=ends[head], dtype=types, encoding=encoding, skipinitialspace=True
        )
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{path}: {_expected(columns)} ({str(error).strip()})") from None
    if table.shape[1] != len(types):
        raise ValueError(f"{path}: {_expected(columns)}, its first row has {table.shape[1]} entries")
    return table.set_axis(["name", *columns], axis=1)


def _expected(columns: Sequence[str]) -> str:
    return f"expected rows of a name and {len(columns)} number{'s' if len(columns) > 1 else ''}"


def _ascending(names: np.ndarray, path: Path) -> tuple[np.ndarray, np.ndarray]:
    text = names.astype(np.str_)
    if not np.char.endswith(text, ".jpg").all() or (np.char.find(text, "/") >= 0).any():
        found = (raw_files.member_path(name.strip()).removeprefix(f"{FOLDER}/") for name in text.tolist())
        text = np.array([plain(name) for name in found])
    order = np.argsort(text, kind="stable")
    text = text[order]
    if len(twice := text[1:][text[1:] == text[:-1]]):
        raise ValueError(f"{path}: {twice[0]} occurs more than once")
    return text, order
