"""Pixels on disk between decoding, in the order of reading, and writing, in the order of the dataset.

The order of the dataset and its splits are known only after every picture has been read. Memory holds a chunk.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

_CHUNK = 1_000_000  # bytes


class Scratch:
    """A file of equally large uint8 pictures of `shape`; not memory-mapped, because mapped pages count as memory."""

    def __init__(self, file: BinaryIO, shape: tuple[int, int, int]) -> None:
        self._file, self._shape = file, shape
        self._bytes = int(np.prod(shape))

    def append(self, pixels: np.ndarray) -> None:
        """Add uint8 pictures ``(n, height, width, channels)``."""
        self._file.write(np.ascontiguousarray(pixels).data)

    def read(self, rows: np.ndarray) -> Iterator[np.ndarray]:
        """Yield the pictures `rows`, in this order, in chunks ``(n, height, width, channels)``."""
        self._file.flush()
        several = max(1, _CHUNK // self._bytes)
        for start in range(0, len(rows), several):
            chunk = rows[start : start + several].tolist()
            read = [os.pread(self._file.fileno(), self._bytes, row * self._bytes) for row in chunk]
            yield np.frombuffer(b"".join(read), np.uint8).reshape(len(chunk), *self._shape)


@contextmanager
def opened(path: Path, shape: tuple[int, int, int]) -> Iterator[Scratch]:
    """Open an empty file for pictures of `shape`; it is removed when the block ends."""
    try:
        with path.open("w+b") as file:
            yield Scratch(file, shape)
    finally:
        path.unlink(missing_ok=True)
