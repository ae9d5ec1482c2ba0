"""CelebA's raw files, which every dataset of the format `faces` has, and a reader of the zip of JPEGs."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

ARCHIVE = "img_align_celeba.zip"
ATTRIBUTES = "list_attr_celeba.txt"
PARTITION = "list_eval_partition.txt"
SPLITS = ("train", "validation", "test")  # 0, 1 and 2 in the partition
FOLDER = "img_align_celeba"  # inside the archive
_START, _ENDING = f"{FOLDER}/", ".jpg"


class Archive:
    """An open archive, for one process: it holds its whole directory in memory.

    `names` are the pictures without their folder, ascending, text of shape ``(pictures,)``.
    """

    def __init__(self, path: Path, file: zipfile.ZipFile) -> None:
        self._file = file
        members = [m for m in file.infolist() if m.filename.startswith(_START) and m.filename.endswith(_ENDING)]
        if not members:
            raise ValueError(f"{path}: contains no {_START}*{_ENDING}")
        if encrypted := [member.filename for member in members if member.flag_bits & 1]:
            raise ValueError(f"{path}: {encrypted[0]} is encrypted")
        self.names = np.sort(np.array([member.filename.removeprefix(_START) for member in members]))
        if len(twice := self.names[1:][self.names[1:] == self.names[:-1]]):
            raise ValueError(f"{path}: {_START}{twice[0]} occurs more than once")

    def read(self, name: str) -> bytes | str:
        """Return the bytes of one picture, or as text what is wrong with them."""
        try:
            return self._file.read(_START + name)
        except (zipfile.BadZipFile, zlib.error, EOFError):
            return "its bytes in the zip are damaged"
        except NotImplementedError as error:
            return f"cannot be unpacked ({error})"


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open the archive at `path`.

    Raises:
        ValueError: the file is not a complete zip archive, or contains no picture, one twice, or an encrypted one.
    """
    try:
        file = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise ValueError(f"{path}: not a complete zip archive ({error})") from None
    with file:
        yield Archive(path, file)
