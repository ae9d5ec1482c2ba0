"""One array whose rows are stored in several memory-mapped `.npy` files."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from atelier.core import files


class Shards:
    """Arrays of shape ``(n, …)``, which differ in n only, indexed like their concatenation.

    Rows are read from disk on access. `shape` and `dtype` are those of the concatenation.

    Raises:
        ValueError: there is no array, or they differ in more than their number of rows.
    """

    def __init__(self, arrays: Sequence[np.ndarray]) -> None:
        kinds = {(array.dtype, array.shape[1:]) for array in arrays}
        if len(kinds) != 1 or arrays[0].ndim == 0:
            came = ", ".join(f"{array.dtype} {array.shape}" for array in arrays) or "none"
            raise ValueError(f"shards need arrays that differ only in their number of rows, got {came}")
        self._arrays = tuple(arrays)
        self._bounds = np.cumsum([0, *map(len, arrays)]).tolist()
        self.dtype: np.dtype = arrays[0].dtype
        self.shape: tuple[int, ...] = (self._bounds[-1], *arrays[0].shape[1:])

    @classmethod
    def open(cls, paths: Sequence[Path]) -> "Shards":
        """Memory-map the `.npy` files at `paths`."""
        arrays = [files.read_array(path) for path in paths]
        try:
            return cls(arrays)
        except ValueError as error:
            folders = ", ".join({str(path.parent) for path in paths}) or "no files"
            raise ValueError(f"{folders}: {error}; {files.RESTORE}") from None

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> np.ndarray:
        """Return the rows that an integer, a slice, or an array of integers or booleans selects, as NumPy does.

        An array of integers may have any shape, repeat rows and contain negative indices; each row is read once. The
        result may be a read-only view of the memory-mapped file.

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
            raise IndexError(f"got {index!r:.60}; rows are selected by integers, a slice or booleans")
        rows = rows.astype(np.intp)
        rows = np.where(rows < 0, rows + len(self), rows)
        if (outside := (rows < 0) | (rows >= len(self))).any():
            raise IndexError(f"row {np.asarray(index)[outside].flat[0]} of {len(self)}")
        if rows.ndim == 0:
            shard = bisect_right(self._bounds, int(rows)) - 1
            return self._arrays[shard][int(rows) - self._bounds[shard]]
        return self._gather(rows)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError("shards cannot become one array without a copy")
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
        return parts[0] if len(parts) == 1 else np.concatenate(parts or [self._arrays[0][:0]])

    def _gather(self, rows: np.ndarray) -> np.ndarray:
        """Read the rows of a non-negative index array, file by file, in ascending order within each file."""
        wanted, inverse = np.unique(rows, return_inverse=True)
        found = np.empty((len(wanted), *self.shape[1:]), self.dtype)
        cuts = np.searchsorted(wanted, self._bounds)
        for array, first, (low, high) in zip(self._arrays, self._bounds[:-1], pairwise(cuts), strict=True):
            if high > low:
                found[low:high] = array[wanted[low:high] - first]
        if wanted.shape == rows.shape and np.array_equal(wanted, rows):
            return found
        return found[inverse.reshape(rows.shape)]
