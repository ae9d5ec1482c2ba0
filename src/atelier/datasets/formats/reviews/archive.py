"""Reviews in a tar of text files, read as a stream: nothing of it is unpacked to disk."""

import gzip
import re
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Self

SPLITS = ("train", "test")
NEGATIVE, POSITIVE, UNLABELLED = 0, 1, 2
FOLDERS = {"neg": NEGATIVE, "pos": POSITIVE, "unsup": UNLABELLED}

# Bytes: of the longest review (upstream's has 14,106), of another file (its largest table has 41 million), of a header,
# and of everything together (upstream's is 0.5 GB). What is longer is no such archive, or made to fill a disk.
LONGEST = 1 << 20
_LONGEST_OTHER, _LONGEST_HEADER, _LONGEST_WHOLE = 256 << 20, 1 << 16, 4 << 30
_BLOCK = 1 << 16

_REVIEW = re.compile(r"aclImdb/(?:(train|test)/(pos|neg)|(train)/(unsup))/(\d{1,9})_(\d{1,2})\.txt", re.ASCII)


class Review(NamedTuple):
    """One review as it lies in the archive.

    Attributes:
        split: one of `SPLITS`.
        label: `NEGATIVE`, `POSITIVE` or `UNLABELLED`.
        number: which one of its folder.
        rating: 1 to 10, 0 where it is not told.
        text: as upstream has it, markup included.
    """

    split: str
    label: int
    number: int
    rating: int
    text: str


def read(path: Path, unlabelled: bool = True) -> Iterator[Review]:
    """The reviews of an archive, in its order; files that are no reviews are passed over.

    Args:
        path: the archive, a tar packed with gzip.
        unlabelled: whether the unlabelled ones are wanted too.

    Raises:
        ValueError: the archive is truncated or damaged, a name would lead out of it or stands there twice, a member is
            a link, a device or far too large, or a review is not UTF-8. Reviews before that have been handed out.
        OSError: it cannot be read.
    """
    seen: set[str] = set()
    try:
        # Python's own reader of gzip and not that of tarfile ("r|gz"), which checks neither the checksum nor the end.
        with gzip.open(path) as unpacked, tarfile.open(fileobj=unpacked, mode="r|", tarinfo=_Member) as tar:
            while (member := tar.next()) is not None:
                tar.members = []  # type: ignore[attr-defined]  # half a kilobyte for each
                if unpacked.tell() > _LONGEST_WHOLE:
                    raise ValueError(f"{path}: more than {_LONGEST_WHOLE >> 30} GiB unpacked")
                _check(path, member)
                found = _REVIEW.fullmatch(member.name)
                if found is None or not member.isreg():
                    continue
                split, folder = found[1] or found[3], found[2] or found[4]
                if member.size > LONGEST:
                    raise ValueError(
                        f"{path}: {member.name} has {member.size:,} bytes; a review has at most {LONGEST:,}"
                    )
                if member.name in seen:
                    raise ValueError(f"{path}: {member.name} is there more than once")
                seen.add(member.name)
                if unlabelled or folder != "unsup":
                    text = _text(path, tar, member)
                    yield Review(split, FOLDERS[folder], int(found[5]), int(found[6]), text)
            _finish(path, unpacked)
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise ValueError(f"{path}: truncated or damaged, no whole tar.gz ({error})") from None


class _Member(tarfile.TarInfo):
    """A member whose extended header, which tarfile reads in one piece, is small."""

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
    """Refuse what a well-meant archive of text files does not hold."""
    if member.name.startswith("/") or ".." in member.name.split("/"):
        raise ValueError(f"{path}: {member.name!r} leads out of the archive; names inside it are expected")
    if not (member.isreg() or member.isdir()) or member.issparse():
        raise ValueError(f"{path}: {member.name} is a link, a device or the like; files and folders are expected")
    if member.size > _LONGEST_OTHER:
        raise ValueError(f"{path}: {member.name} has {member.size:,} bytes; at most {_LONGEST_OTHER:,} are expected")


def _text(path: Path, tar: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    file = tar.extractfile(member)
    assert file is not None  # a regular file has content
    data = file.read()
    if len(data) != member.size:
        raise tarfile.ReadError(f"{member.name} is cut off")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: {member.name} is not UTF-8 (byte {error.start})") from None


def _finish(path: Path, unpacked: gzip.GzipFile) -> None:
    """Read on to the end, where the checksum is; only filling may come."""
    end = unpacked.tell() + LONGEST
    while block := unpacked.read(_BLOCK):
        if unpacked.tell() > end or block.strip(b"\0"):
            raise ValueError(f"{path}: more comes after the end of the archive")
