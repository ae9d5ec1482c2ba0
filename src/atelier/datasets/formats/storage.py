"""Write a stream of pixels to `.npy` files of bounded length, and an index of the files."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from atelier.core import files

INDEX = "images.json"
LIMIT = 256_000_000  # bytes of pixels in a file


class Writer:
    """Append pictures of `shape` (height, width, channels) to ``{split}_images_00000.npy``, ``…_00001.npy`` and so on.

    A file contains at most `limit` bytes of pixels.
    """

    def __init__(self, directory: Path, split: str, shape: tuple[int, int, int], limit: int) -> None:
        self.files: list[tuple[str, int]] = []
        self._directory, self._split, self._shape = directory, split, shape
        self._capacity = max(1, limit // int(np.prod(shape)))
        self._file: BinaryIO | None = None
        self._count = 0

    def append(self, pixels: np.ndarray) -> None:
        """Write uint8 pictures of shape ``(n, height, width, channels)``."""
        while len(pixels):
            file = self._file or self._open()
            now = pixels[: self._capacity - self._count]
            file.write(np.ascontiguousarray(now).data)
            self._count += len(now)
            pixels = pixels[len(now) :]
            if self._count == self._capacity:
                self.close()

    def _open(self) -> BinaryIO:
        self._name = f"{self._split}_images_{len(self.files):05d}.npy"
        self._file = (self._directory / self._name).open("wb")
        self._write_header(self._file)
        return self._file

    def close(self) -> None:
        """Complete the file that is being written, if there is one."""
        if self._file is None:
            return
        self._write_header(self._file)
        self._file.close()
        self.files.append((self._name, self._count))
        self._file, self._count = None, 0

    def _write_header(self, file: BinaryIO) -> None:
        """Write the number of pictures into the header; NumPy pads it, which leaves room for a larger number."""
        file.seek(0)
        shape = (self._count, *self._shape)
        np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})


@contextmanager
def writers(directory: Path, splits: tuple[str, ...], shape: tuple[int, int, int]) -> Iterator[dict[str, Writer]]:
    """Open a writer for each split; when the block ends, close them and write the index.

    The index `images.json` lists the files of each split in order, and the number of pictures in each.
    """
    with ExitStack() as stack:
        opened = {split: stack.enter_context(closing(Writer(directory, split, shape, LIMIT))) for split in splits}
        yield opened
    index = {split: [{"file": name, "images": n} for name, n in writer.files] for split, writer in opened.items()}
    files.write_json(directory / INDEX, index)
