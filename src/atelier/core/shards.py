"""One array in several memory-mapped `.npy` files, row after row."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np


class Shards:
    """Read-only rows of several arrays, in order, read from disk when they are asked for.

    Attributes:
        shape: as of the concatenated array, ``(rows, …)``.
        dtype: of all of them.
    """

    def __init__(self, arrays: Sequence[np.ndarray]) -> None:
        """Join arrays of shape ``(n, …)`` that differ in nothing but n.

        Raises:
            ValueError: there is none, or they differ.
        """
        kinds = {(array.dtype, array.shape[1:]) for array in arrays}
        if len(kinds) != 1 or arrays[0].ndim == 0:
            came = ", ".join(f"{array.dtype} {array.shape}" for array in arrays) or "none"
            raise ValueError(f"shards need arrays that differ in nothing but their number of rows, got {came}")
        self._arrays = tuple(arrays)
        self._bounds = np.cumsum([0, *map(len, arrays)]).tolist()
        self.dtype: np.dtype = arrays[0].dtype
        self.shape: tuple[int, ...] = (self._bounds[-1], *arrays[0].shape[1:])

    @classmethod
    def open(cls, paths: Sequence[Path]) -> "Shards":
        """Map the files at `paths`.

        Raises:
            FileNotFoundError: one of them is not there.
            ValueError: there is none, one is no array, or they differ in more than their number of rows.
        """
        return cls([np.load(path, mmap_mode="r", allow_pickle=False) for path in paths])

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __repr__(self) -> str:
        return f"Shards(shape={self.shape}, dtype={self.dtype}, files={len(self._arrays)})"

    def __getitem__(self, index: Any) -> np.ndarray:
        """Rows by a whole number, a slice, or an array of indices or booleans, as of the concatenated array.

        An array may be of any shape, repeat rows and count from the end; it reads each row from its file once. What
        comes back may be a view of the mapped file, and is read-only then.

        Raises:
            IndexError: a row is out of range, a boolean array is not one for each row, or the index is of another kind.

        >>> shards = Shards([np.arange(3), np.arange(3, 5)])
        >>> shards[[[4, 0], [-1, 3]]].tolist()
        [[4, 0], [4, 3]]
        """
        if isinstance(index, slice):
            return self._slice(index)
        rows = np.asarray(index)
        if rows.size == 0 and rows.dtype != bool:
            rows = rows.astype(np.intp)
        if rows.dtype == bool:
            if rows.shape != (len(self),):
                raise IndexError(f"a boolean index of shape {rows.shape}; {len(self)} rows need ({len(self)},)")
            rows = np.flatnonzero(rows)
        if not np.issubdtype(rows.dtype, np.integer):
            raise IndexError(f"got {index!r:.60}; rows are chosen by whole numbers, a slice or booleans")
        rows = rows.astype(np.intp)
        rows = np.where(rows < 0, rows + len(self), rows)
        if rows.size and (rows.min() < 0 or rows.max() >= len(self)):
            raise IndexError(f"row {np.asarray(index).ravel()[_first_outside(rows, len(self))]} of {len(self)}")
        if rows.ndim == 0:
            shard = bisect_right(self._bounds, int(rows)) - 1
            return self._arrays[shard][int(rows) - self._bounds[shard]]
        return self._gather(rows)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError("shards are one array only after a copy")
        return np.concatenate(self._arrays).astype(dtype or self.dtype, copy=False)

    def _slice(self, index: slice) -> np.ndarray:
        start, stop, step = index.indices(len(self))
        if step != 1:
            return self._gather(np.arange(start, stop, step))
        parts = [
            array[max(start - first, 0) : stop - first]
            for array, (first, last) in zip(self._arrays, pairwise(self._bounds), strict=True)
            if start < last and stop > first
        ]
        match parts:
            case []:
                return self._arrays[0][:0]
            case [part]:
                return part
            case _:
                return np.concatenate(parts)

    def _gather(self, rows: np.ndarray) -> np.ndarray:
        """Rows of a non-negative index array, file by file and each file in ascending order."""
        wanted, inverse = np.unique(rows, return_inverse=True)
        found = np.empty((len(wanted), *self.shape[1:]), self.dtype)
        cuts = np.searchsorted(wanted, self._bounds)
        for array, first, (low, high) in zip(self._arrays, self._bounds[:-1], pairwise(cuts), strict=True):
            if high > low:
                found[low:high] = array[wanted[low:high] - first]
        if wanted.shape == rows.shape and np.array_equal(wanted, rows):
            return found
        return found[inverse.reshape(rows.shape)]


def _first_outside(rows: np.ndarray, length: int) -> int:
    flat = rows.ravel()
    return int(np.argmax((flat < 0) | (flat >= length)))
