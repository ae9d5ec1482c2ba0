"""CelebA's raw files, which every dataset of the format `faces` has, and a reader of the zip of JPEGs."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from atelier.datasets import raw_files

ARCHIVE = "img_align_celeba.zip"
ATTRIBUTES = "list_attr_celeba.txt"
PARTITION = "list_eval_partition.txt"
FOLDER = "img_align_celeba"  # inside the archive
_ENDING = re.compile(r"\.jpe?g$", re.IGNORECASE)


class Archive:
    """An open archive, for one process: it holds its whole directory in memory.

    `names` are the pictures without their folder, as `plain` spells them, ascending, text of shape ``(pictures,)``.
    Their folder may be inside others, and have another name if no other folder contains pictures.
    """

    def __init__(self, path: Path, file: zipfile.ZipFile) -> None:
        self._file = file
        members = [(raw_files.member_path(member.filename), member) for member in file.infolist()]
        found = [(name, member) for name, member in members if _ENDING.search(name) and not raw_files.is_metadata(name)]
        folder = raw_files.common_folder({name.rpartition("/")[0] for name, _ in found}, FOLDER)
        if folder is None:
            came = raw_files.summary(name for name, _ in members if not name.endswith("/"))
            wrong = "has pictures in several folders" if found else f"contains no {FOLDER}/*.jpg"
            raise ValueError(f"{path}: {wrong}; it contains {came}")
        start = f"{folder}/" if folder else ""
        self._members: dict[str, zipfile.ZipInfo] = {}
        for name, member in found:
            if not name.startswith(start):
                continue
            if member.flag_bits & 1:
                raise ValueError(f"{path}: {name} is encrypted")
            key = plain(name.removeprefix(start))
            if key in self._members:
                raise ValueError(f"{path}: {name} occurs more than once")
            self._members[key] = member
        self.names = np.sort(np.array(list(self._members)))

    def read(self, name: str) -> bytes | str:
        """Return the bytes of one picture, or as text what is wrong with them."""
        try:
            return self._file.read(self._members[name])
        except (zipfile.BadZipFile, zlib.error, EOFError):
            return "its bytes in the zip are damaged"
        except NotImplementedError as error:
            return f"cannot be unpacked ({error})"


def plain(name: str) -> str:
    """Return the name of a picture with the ending ``.jpg``: tables and archives may spell it in other ways.

    >>> plain("000001.JPG"), plain("000002.jpeg")
    ('000001.jpg', '000002.jpg')
    """
    return _ENDING.sub(".jpg", name)


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open the archive at `path`.

    Raises:
        ValueError: the file is not a complete zip archive, or contains no picture, one twice, or an encrypted one.
    """
    try:
        file = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError) as error:
        what = raw_files.kind(path)
        came = str(error) if what == "a zip archive" else f"it is {what}"
        raise ValueError(f"{path}: not a complete zip archive ({came})") from None
    with file:
        yield Archive(path, file)
