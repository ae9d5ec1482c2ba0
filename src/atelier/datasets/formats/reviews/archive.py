"""Read IMDb's archive of reviews, a tar of text files, as a stream; nothing is unpacked to disk.

The archives of others may be compressed with gzip, bzip2 or not at all, and hold the reviews in a folder of any name.
"""

import bz2
import gzip
import io
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Self, cast

from atelier.datasets import raw_files

ARCHIVE = "aclImdb_v1.tar.gz"
FOLDER = "aclImdb"  # inside the archive
NEGATIVE, POSITIVE, UNLABELLED = range(3)
LABELS = ("neg", "pos", "unsup")  # the folder of each label
SPLITS = {"train": (NEGATIVE, POSITIVE, UNLABELLED), "test": (NEGATIVE, POSITIVE)}

# Limits in bytes: of a review (IMDb's longest has 14,106), of another file (IMDb's largest has 41 million), of an
# extended header, and of the whole archive (IMDb's has 0.5 GB). Larger ones are damaged, or made to fill a disk.
LONGEST = 1 << 20
_LONGEST_OTHER, _LONGEST_HEADER, _LONGEST_WHOLE = 256 << 20, 1 << 16, 4 << 30
_BLOCK = 1 << 16
_RECORD = 512  # of a tar; two of zeros are its end

_PACKINGS: dict[str, Callable[..., Any]] = {"a gzip file": gzip.open, "a bzip2 file": bz2.open, "a tar archive": open}

_REVIEW = re.compile(r"((?:.*/)?)(train|test)/(neg|pos|unsup)/(\d{1,9})_(\d{1,2})\.txt", re.ASCII | re.IGNORECASE)


class Review(NamedTuple):
    """A review as the archive stores it, including markup."""

    split: str  # one of `SPLITS`
    label: int  # an index into `LABELS`
    number: int  # of the file in its folder
    rating: int  # 1 to 10, 0 if unknown
    text: str


def read(path: Path, unlabelled: bool = True) -> Iterator[Review]:
    """Yield the reviews of an archive in its order, the unlabelled ones too if `unlabelled`; skip all other files.

    Raises:
        ValueError: the archive is truncated or damaged, a name points outside of it or occurs twice, a member is a
            link, a device or too large, reviews are in two folders, or one is not UTF-8. The reviews before it have
            been yielded.
    """
    seen: set[str] = set()
    top = None
    try:
        # Not tarfile's own gzip reader ("r|gz"), which checks neither the checksum nor the end.
        with _unpacked(path) as unpacked, tarfile.open(fileobj=unpacked, mode="r|", tarinfo=_Member) as tar:
            while (member := tar.next()) is not None:
                tar.members = []  # type: ignore[attr-defined]  # each takes half a kilobyte
                if unpacked.tell() > _LONGEST_WHOLE:
                    raise ValueError(f"{path}: more than {_LONGEST_WHOLE >> 30} GiB unpacked")
                _check(path, member)
                name = raw_files.member_path(member.name)
                found = _REVIEW.fullmatch(name)
                if found is None or not member.isreg() or raw_files.is_metadata(name):
                    continue
                split, label = found[2].lower(), LABELS.index(found[3].lower())
                if label not in SPLITS[split]:
                    continue
                top = found[1] if top is None else top
                if found[1] != top:
                    raise ValueError(f"{path}: reviews in two folders, {top or './'} and {found[1] or './'}")
                if member.size > LONGEST:
                    size = f"{member.name} has {member.size:,} bytes"
                    raise ValueError(f"{path}: {size}; a review has at most {LONGEST:,}")
                if name in seen:
                    raise ValueError(f"{path}: {name} occurs more than once")
                seen.add(name)
                if unlabelled or label != UNLABELLED:
                    yield Review(split, label, int(found[4]), int(found[5]), _text(path, tar, member))
            _finish(path, unpacked)
    except (tarfile.TarError, OSError, zlib.error, EOFError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        what = raw_files.kind(path)
        came = str(error) if what in _PACKINGS else f"it is {what}"
        raise ValueError(f"{path}: truncated or damaged, not a complete tar.gz ({came})") from None


def folders(path: Path) -> str:
    """List the folders of an archive and the endings of the files in them, for an error."""
    with _unpacked(path) as unpacked, tarfile.open(fileobj=unpacked, mode="r|", tarinfo=_Member) as tar:
        return raw_files.summary(
            member.name for member in tar if member.isreg() and not raw_files.is_metadata(member.name)
        )


def _unpacked(path: Path) -> BinaryIO:
    return cast("BinaryIO", _PACKINGS.get(raw_files.kind(path), gzip.open)(path, "rb"))


class _Member(tarfile.TarInfo):
    """A member whose extended header has a limited size, because tarfile reads the header into memory."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        member = super().frombuf(buf, encoding, errors)
        headers = b"xgXLK"  # types of extended headers: pax, and long names and links of GNU tar
        if member.type in headers and member.size > _LONGEST_HEADER:
            raise tarfile.ReadError(f"an extended header of {member.size:,} bytes")
        return member


def _check(path: Path, member: tarfile.TarInfo) -> None:
    """Raise `ValueError` for a member that an archive of text files does not contain."""
    if member.name.startswith("/") or ".." in member.name.split("/"):
        raise ValueError(f"{path}: {member.name!r} points outside of the archive")
    if not (member.isreg() or member.isdir()) or member.issparse():
        raise ValueError(f"{path}: {member.name} is a link, a device or a sparse file; allowed are files and folders")
    if member.size > _LONGEST_OTHER:
        raise ValueError(f"{path}: {member.name} has {member.size:,} bytes; allowed are at most {_LONGEST_OTHER:,}")


def _text(path: Path, tar: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    file = tar.extractfile(member)
    assert file is not None  # because it is a regular file
    data = file.read()
    if len(data) != member.size:
        raise tarfile.ReadError(f"{member.name} is cut off")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: {member.name} is not UTF-8 (byte {error.start})") from None


def _finish(path: Path, unpacked: BinaryIO) -> None:
    """Read to the end of the file, which verifies the checksum; only padding may follow the archive."""
    if isinstance(unpacked, io.BufferedReader):
        # Without compression there is no checksum, and tarfile takes the end of a cut file for that of the archive.
        unpacked.seek(-_RECORD, io.SEEK_END)
        if unpacked.read().strip(b"\0"):
            raise tarfile.ReadError("it has no end")
    end = unpacked.tell() + LONGEST
    while block := unpacked.read(_BLOCK):
        if unpacked.tell() > end or block.strip(b"\0"):
            raise ValueError(f"{path}: data after the end of the archive")
