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
# extended header, and of the whole archive (IMDb's has 0.5 GB). Larger ones are damaged, or made to fill a disk.
LONGEST = 1 << 20
_LONGEST_OTHER, _LONGEST_HEADER, _LONGEST_WHOLE = 256 << 20, 1 << 16, 4 << 30
_BLOCK = 1 << 16

_REVIEW = re.compile(rf"{FOLDER}/(train|test)/(neg|pos|unsup)/(\d{{1,9}})_(\d{{1,2}})\.txt", re.ASCII)


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
            link, a device or too large, or a review is not UTF-8. The reviews before it have been yielded.
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
                    size = f"{member.name} has {member.size:,} bytes"
                    raise ValueError(f"{path}: {size}; a review has at most {LONGEST:,}")
                if member.name in seen:
                    raise ValueError(f"{path}: {member.name} occurs more than once")
                seen.add(member.name)
                if unlabelled or label != UNLABELLED:
                    yield Review(split, label, int(found[3]), int(found[4]), _text(path, tar, member))
            _finish(path, unpacked)
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise ValueError(f"{path}: truncated or damaged, not a complete tar.gz ({error})") from None


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


def _finish(path: Path, unpacked: gzip.GzipFile) -> None:
    """Read to the end of the file, which verifies the checksum; only padding may follow the archive."""
    end = unpacked.tell() + LONGEST
    while block := unpacked.read(_BLOCK):
        if unpacked.tell() > end or block.strip(b"\0"):
            raise ValueError(f"{path}: data after the end of the archive")
