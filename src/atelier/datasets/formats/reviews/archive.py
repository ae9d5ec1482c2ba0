"""Read IMDb's archive of reviews, a tar of text files, as a stream; nothing is unpacked to disk."""

import gzip
import re
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Self

ARCHIVE = "aclImdb_v1.tar.gz"
FOLDER = "aclImdb"  # inside the archive
NEGATIVE, POSITIVE, UNLABELLED = range(3)
LABELS = ("neg", "pos", "unsup")  # the folder of each label
SPLITS = {"train": (NEGATIVE, POSITIVE, UNLABELLED), "test": (NEGATIVE, POSITIVE)}

# Limits in bytes: of a review (IMDb's longest has 14,106), of another file (IMDb's largest has 41 million), of an
# extended header, and of everything together (IMDb has 0.5 GB). A longer file is wrong, or made to fill a disk.
LONGEST = 1 << 20
_LONGEST_OTHER, _LONGEST_HEADER, _LONGEST_WHOLE = 256 << 20, 1 << 16, 4 << 30
_BLOCK = 1 << 16

_REVIEW = re.compile(rf"{FOLDER}/(train|test)/(neg|pos|unsup)/(\d{{1,9}})_(\d{{1,2}})\.txt", re.ASCII)


class Review(NamedTuple):
    """A review as the archive stores it.

    Attributes:
        split: one of `SPLITS`.
        label: `NEGATIVE`, `POSITIVE` or `UNLABELLED`.
        number: of the file in its folder.
        rating: 1 to 10, 0 if unknown.
        text: as written, markup included.
    """

    split: str
    label: int
    number: int
    rating: int
    text: str


def read(path: Path, unlabelled: bool = True) -> Iterator[Review]:
    """Yield the reviews of an archive in its order, and skip all other files.

    Args:
        path: the archive, a tar compressed with gzip.
        unlabelled: whether to yield the unlabelled reviews.

    Raises:
        ValueError: the archive is truncated or damaged, a name points outside of it or occurs twice, a member is a
            link, a device or too large, or a review is not UTF-8. The reviews before it have been yielded.
        OSError: the file cannot be read.
    """
    seen: set[str] = set()
    try:
        # Not tarfile's own gzip reader ("r|gz"), which checks neither the checksum nor the end.
        with gzip.open(path) as unpacked, tarfile.open(fileobj=unpacked, mode="r|", tarinfo=_Member) as tar:
            while (member := tar.next()) is not None:
                tar.members = []  # type: ignore[attr-defined]  # each takes half a kilobyte
                if unpacked.tell() > _LONGEST_WHOLE:
                    raise ValueError(f"{path}: more than {_LONGEST_WHOLE >> 30} GiB unpacked")
                _check(path, member)
                found = _REVIEW.fullmatch(member.name)
                if found is None or not member.isreg():
                    continue
                split, label = found[1], LABELS.index(found[2])
                if label not in SPLITS[split]:
                    continue
                if member.size > LONGEST:
                    raise ValueError(
                        f"{path}: {member.name} has {member.size:,} bytes; a review has at most {LONGEST:,}"
                    )
                if member.name in seen:
                    raise ValueError(f"{path}: {member.name} occurs more than once")
                seen.add(member.name)
                if unlabelled or label != UNLABELLED:
                    yield Review(split, label, int(found[3]), int(found[4]), _text(path, tar, member))
            _finish(path, unpacked)
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise ValueError(f"{path}: truncated or damaged, not a complete tar.gz ({error})") from None


class _Member(tarfile.TarInfo):
    """A member with a small extended header, because tarfile reads the header in one piece."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        member = super().frombuf(buf, encoding, errors)
        if member.type in _HEADERS and member.size > _LONGEST_HEADER:
            raise tarfile.ReadError(f"an extended header of {member.size:,} bytes")
        return member


_HEADERS = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)


def _check(path: Path, member: tarfile.TarInfo) -> None:
    """Refuse members that an archive of text files does not contain."""
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


def _finish(path: Path, unpacked: gzip.GzipFile) -> None:
    """Read to the end of the file, which checks the checksum; only padding may follow the archive."""
    end = unpacked.tell() + LONGEST
    while block := unpacked.read(_BLOCK):
        if unpacked.tell() > end or block.strip(b"\0"):
            raise ValueError(f"{path}: data after the end of the archive")
