"""Read CelebA's two tables, one row per picture: the binary attributes and the official partition."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from atelier.datasets.formats.faces.archive import SPLITS


def attributes(path: Path, chosen: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Read the `chosen` columns of the attribute table: the number of rows, the 40 names, then rows of ±1.

    Returns:
        Names of the pictures, ascending, text of shape ``(n,)``, and uint8 0 or 1 of shape ``(n, len(chosen))``.

    Raises:
        KeyError: the table lacks one of `chosen`.
        ValueError: the table is malformed, a name occurs twice, or a value is neither 1 nor −1.
    """
    with path.open(encoding="utf-8") as file:
        count, known = file.readline().strip(), file.readline().split()
    if not count.isdecimal() or not known:
        raise ValueError(f"{path}: expected a number of rows and a line of attribute names at its head")
    if unknown := [name for name in chosen if name not in known]:
        raise KeyError(f"got {unknown[0]!r}; known are: {', '.join(sorted(known))}")
    table = _read(path, known, head=2)
    if len(table) != int(count):
        raise ValueError(f"{path}: {len(table):,} rows; its first line says {int(count):,}")
    names, values = table["name"].to_numpy(), table[list(chosen)].to_numpy()
    wrong = ~np.isin(values, (-1, 1)).all(axis=1)
    if wrong.any():
        raise ValueError(f"{path}: {names[np.argmax(wrong)]} has a value other than 1 and -1")
    names, order = _ascending(names, path)
    return names, (values[order] == 1).astype(np.uint8)


def partition(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read the official partition.

    Returns:
        Names of the pictures, ascending, text of shape ``(n,)``, and indices into `SPLITS`, int8 of shape ``(n,)``.

    Raises:
        ValueError: the table is malformed, a name occurs twice, or a split is not 0, 1 or 2.
    """
    table = _read(path, ["split"], head=0)
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


def _read(path: Path, columns: Sequence[str], head: int) -> pd.DataFrame:
    """Read the rows after `head` lines: a name, and a small integer for each of `columns`."""
    # Without column names, the parser refuses rows longer than the first, and a short row lacks an integer.
    types = {0: object, **dict.fromkeys(range(1, len(columns) + 1), np.int8)}
    try:
        table = pd.read_csv(path, sep=r"\s+", header=None, skiprows=head, dtype=types)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{path}: {_expected(columns)} ({str(error).strip()})") from None
    if table.shape[1] != len(types):
        raise ValueError(f"{path}: {_expected(columns)}, its first row has {table.shape[1]} entries")
    return table.set_axis(["name", *columns], axis=1)


def _expected(columns: Sequence[str]) -> str:
    return f"expected rows of a name and {len(columns)} number{'s' if len(columns) > 1 else ''}"


def _ascending(names: np.ndarray, path: Path) -> tuple[np.ndarray, np.ndarray]:
    text = names.astype(np.str_)
    order = np.argsort(text, kind="stable")
    text = text[order]
    if len(twice := text[1:][text[1:] == text[:-1]]):
        raise ValueError(f"{path}: {twice[0]} occurs more than once")
    return text, order
