"""Pixels on disk: `.npy` files of bounded length, written as the pixels come, with an index of them."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np

from atelier.core import files

INDEX = "images.json"
LIMIT = 256_000_000  # bytes of pixels in a file


class Writer:
    """Appends pictures to ``{split}_images_00000.npy``, ``…_00001.npy`` and so on.

    Args:
        directory: where the files are made.
        split: whose pictures they are.
        shape: height, width and channels.
        limit: bytes of pixels that a file holds at most.
    """

    def __init__(self, directory: Path, split: str, shape: tuple[int, int, int], limit: int) -> None:
        self.files: list[tuple[str, int]] = []
        self._directory, self._split, self._shape = directory, split, shape
        self._capacity = max(1, limit // int(np.prod(shape)))
        self._file: BinaryIO | None = None
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def append(self, pixels: np.ndarray) -> None:
        """Write uint8 pictures of shape ``(n, height, width, channels)``."""
        while len(pixels):
            if self._file is None:
                self._open()
            assert self._file is not None
            now = pixels[: self._capacity - self._count]
            self._file.write(np.ascontiguousarray(now).data)
            self._count += len(now)
            pixels = pixels[len(now) :]
            if self._count == self._capacity:
                self._close()

    def _open(self) -> None:
        name = f"{self._split}_images_{len(self.files):05d}.npy"
        self._file, self._name = (self._directory / name).open("wb"), name
        self._header()

    def _close(self) -> None:
        if self._file is None:
            return
        self._header()
        self._file.close()
        self.files.append((self._name, self._count))
        self._file, self._count = None, 0

    def _header(self) -> None:
        """Say how many pictures follow; NumPy pads its header, so that the number may grow in place."""
        assert self._file is not None
        self._file.seek(0)
        shape = (self._count, *self._shape)
        np.lib.format.write_array_header_1_0(self._file, {"descr": "|u1", "fortran_order": False, "shape": shape})


def writers(
    stack: ExitStack, directory: Path, splits: tuple[str, ...], shape: tuple[int, int, int]
) -> dict[str, Writer]:
    """A writer for each split, all closed with `stack`."""
    return {split: stack.enter_context(Writer(directory, split, shape, LIMIT)) for split in splits}


def write_index(directory: Path, writers: Mapping[str, Writer]) -> None:
    """Write `images.json`: for each split its files in order, and how many pictures each holds."""
    listed = {
        split: [{"file": name, "images": count} for name, count in writer.files] for split, writer in writers.items()
    }
    files.write_json(directory / INDEX, listed)
