"""Write IMDb's archive: a tar compressed with gzip, one file per review, named by its number and rating."""

import gzip
import io
import tarfile
from collections.abc import Iterable
from pathlib import Path

from atelier.datasets.formats.reviews.archive import ARCHIVE, FOLDER, LABELS, SPLITS, Review

_DATE = 1_309_046_400  # of the original, 26 June 2011
_LEVEL = 6  # of compression


def write(directory: Path, readme: str, reviews: Iterable[Review]) -> None:
    """Write the archive with a README to an existing directory; equal reviews give equal bytes."""
    with (
        (directory / ARCHIVE).open("wb") as file,
        # Its header has no name and no date.
        gzip.GzipFile("", "wb", _LEVEL, file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.USTAR_FORMAT) as tar,
    ):
        tar.addfile(_member(FOLDER, 0o755, tarfile.DIRTYPE))
        _add(tar, f"{FOLDER}/README", readme)
        for split, labels in SPLITS.items():
            for folder in ("", *(f"/{LABELS[label]}" for label in labels)):
                tar.addfile(_member(f"{FOLDER}/{split}{folder}", 0o755, tarfile.DIRTYPE))
        for review in reviews:
            folder = f"{FOLDER}/{review.split}/{LABELS[review.label]}"
            _add(tar, f"{folder}/{review.number}_{review.rating}.txt", review.text)


def _add(tar: tarfile.TarFile, name: str, text: str) -> None:
    data = text.encode()
    member = _member(name, 0o644, tarfile.REGTYPE)
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))


def _member(name: str, mode: int, kind: bytes) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.mtime, member.mode, member.type = _DATE, mode, kind
    return member
