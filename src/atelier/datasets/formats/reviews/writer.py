"""Reviews in upstream's own layout: a tar packed with gzip, a file a review, named by its number and rating."""

import gzip
import io
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

ARCHIVE = "aclImdb_v1.tar.gz"
FOLDER = "aclImdb"
SPLITS = {"train": ("neg", "pos", "unsup"), "test": ("neg", "pos")}

_DATE = 1_309_046_400  # upstream's day, 26 June 2011
_LEVEL = 6


class Review(NamedTuple):
    """One review.

    Attributes:
        split, folder: a key of `SPLITS` and one of its values.
        number: which one of its folder.
        rating: 1 to 10; 0 where it is not told.
        text: markup included.
    """

    split: str
    folder: str
    number: int
    rating: int
    text: str


def write(directory: Path, readme: str, reviews: Iterable[Review]) -> None:
    """Write the archive; equal reviews give equal bytes.

    Args:
        directory: an existing one.
        readme: what the archive says about itself.
        reviews: consumed one by one.
    """
    with (
        (directory / ARCHIVE).open("wb") as file,
        # Without a name and a date in its header.
        gzip.GzipFile("", "wb", _LEVEL, file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.USTAR_FORMAT) as tar,
    ):
        tar.addfile(_member(FOLDER, 0o755, tarfile.DIRTYPE))
        _add(tar, f"{FOLDER}/README", readme)
        for split, folders in SPLITS.items():
            for folder in ("", *(f"/{folder}" for folder in folders)):
                tar.addfile(_member(f"{FOLDER}/{split}{folder}", 0o755, tarfile.DIRTYPE))
        for review in reviews:
            name = f"{FOLDER}/{review.split}/{review.folder}/{review.number}_{review.rating}.txt"
            _add(tar, name, review.text)


def _add(tar: tarfile.TarFile, name: str, text: str) -> None:
    data = text.encode()
    member = _member(name, 0o644, tarfile.REGTYPE)
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))


def _member(name: str, mode: int, kind: bytes) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.mtime, member.mode, member.type = _DATE, mode, kind
    return member
