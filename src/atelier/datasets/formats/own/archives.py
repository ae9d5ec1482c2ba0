"""List and read the files of an archive: `.zip`, `.tar`, `.tar.gz`. Nothing is unpacked to disk.

Archives come from anywhere. One that contains an absolute path, `..`, a link, a device, an encrypted file, a file that
is too large or files that overlap is refused as a whole.
"""

import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import numpy as np

# The bytes of a file, or as text why it cannot be read.
Content = bytes | str
# A name, and what it takes to read the file.
Member = TypeVar("Member", bound=tuple[Any, ...])

ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz")
LARGEST = 2**28  # bytes of a file: far above any picture or text, far below the memory of a machine
# Attributes of `ZipInfo` that it takes to read a file, and their types.
_MEMBER = {
    "header_offset": np.int64,
    "compress_size": np.int64,
    "file_size": np.int64,
    "CRC": np.uint32,
    "flag_bits": np.uint16,
    "compress_type": np.uint16,
}
_BROKEN = (tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError)


@dataclass(frozen=True)
class Archive:
    """The files of an archive: their paths in its order, and a function that yields the contents of some of them.

    `contents` takes names in the archive's order.
    """

    names: list[str]
    contents: Callable[[list[str]], Iterator[Content]]


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Open an archive, whose content decides its kind.

    Raises:
        ValueError: it is no archive, not complete, has a path twice, or contains what is refused.
    """
    zipped = _is_zip(path)
    if not zipped and not _is_tar(path):
        raise ValueError(f"{path}: not a complete archive; allowed are {', '.join(ENDINGS)}")
    with _opened_zip(path) if zipped else _opened_tar(path) as archive:
        if len(set(archive.names)) < len(archive.names):
            ordered = sorted(archive.names)
            twice = next(a for a, b in pairwise(ordered) if a == b)
            raise ValueError(f"{path}: {twice} occurs more than once")
        yield archive


def is_archive(path: Path) -> bool:
    """Return whether the content of a file begins or ends as that of an archive."""
    return _is_zip(path) or _is_tar(path)


def too_large(size: int) -> str:
    return f"{size / 1e6:,.0f} MB; at most {LARGEST / 1e6:,.0f} MB are allowed"


@contextmanager
def _opened_zip(path: Path) -> Iterator[Archive]:
    try:
        file = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise ValueError(f"{path}: not a complete zip archive ({error})") from None
    with file:
        names: list[str] = []
        stored: dict[str, str] = {}  # names that are not plain, as the archive has them
        table = np.empty(len(file.filelist), list(_MEMBER.items()))
        end = path.stat().st_size
        for member in file.filelist:
            if member.is_dir():
                continue
            name = _safe(path, member.filename)
            if stat.S_ISLNK(member.external_attr >> 16):
                raise ValueError(f"{path}: {name} is a link; pack the file itself")
            if member.flag_bits & 1:
                raise ValueError(f"{path}: {name} is encrypted")
            _check_size(path, name, member.file_size)
            if not 0 <= member.header_offset <= end - member.compress_size:
                raise ValueError(f"{path}: {name} lies outside of the archive, which is damaged")
            if name != member.orig_filename:
                stored[name] = member.orig_filename
            table[len(names)] = tuple(getattr(member, field) for field in _MEMBER)
            names.append(name)
        table = table[: len(names)]
        # An object for each file takes ten times the memory of a row.
        file.filelist.clear()
        file.NameToInfo.clear()
        placed = table[np.argsort(table["header_offset"])]
        if (np.diff(placed["header_offset"]) < placed["compress_size"][:-1]).any():
            # A small archive could expand without end.
            raise ValueError(f"{path}: its files overlap")

        def contents(wanted: list[str]) -> Iterator[Content]:
            for name, row in _among(wanted, zip(names, table, strict=True)):
                member = zipfile.ZipInfo(stored.get(name, name))
                for field in _MEMBER:
                    setattr(member, field, row[field].item())
                yield _unzip(file, member)

        yield Archive(names, contents)


def _unzip(file: zipfile.ZipFile, member: zipfile.ZipInfo) -> Content:
    try:
        with file.open(member) as content:
            return content.read()
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError, ValueError):
        return "its bytes in the archive are damaged"
    except NotImplementedError as error:
        return f"cannot be unpacked ({error})"


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return zipfile.is_zipfile(file)


def _is_tar(path: Path) -> bool:
    try:
        return tarfile.is_tarfile(path)
    except _BROKEN:
        return False


@contextmanager
def _opened_tar(path: Path) -> Iterator[Archive]:
    def contents(wanted: list[str]) -> Iterator[Content]:
        for _, file, member in _among(wanted, _members(path)):
            content = file.extractfile(member)
            assert content is not None
            with content:
                yield content.read()

    # A compressed tar has no directory: its files are listed by reading it once.
    yield Archive([name for name, *_ in _members(path)], contents)


def _members(path: Path) -> Iterator[tuple[str, tarfile.TarFile, tarfile.TarInfo]]:
    """Yield the files of a tar one by one, with memory for one of them."""
    try:
        with tarfile.open(path, "r:*") as file:
            while (member := file.next()) is not None:
                # TarFile keeps all that it has seen.
                file.members.clear()  # type: ignore[attr-defined]
                if member.isdir():
                    continue
                name = _safe(path, member.name)
                if not member.isreg():
                    what = "a link; pack the file itself" if member.issym() or member.islnk() else "a device"
                    raise ValueError(f"{path}: {name} is {what}")
                _check_size(path, name, member.size)
                yield name, file, member
            # `next` also ends at a header that is damaged or cut off. A complete archive ends with zeros.
            stream = file.fileobj
            assert stream is not None
            stream.seek(file.offset)
            if stream.read(512) != bytes(512):
                raise ValueError(f"{path}: not complete, or damaged, after {file.offset:,} bytes")
    except _BROKEN as error:
        raise ValueError(f"{path}: not complete, or damaged ({error})") from None


def _among(wanted: Iterable[str], members: Iterable[Member]) -> Iterator[Member]:
    """Yield the members whose names, their first elements, are wanted; both are in the same order."""
    waiting = iter(wanted)
    following = next(waiting, None)
    for member in members:
        if following is None:
            return
        if member[0] == following:
            yield member
            following = next(waiting, None)


def _safe(path: Path, name: str) -> str:
    """Return the path of a file in an archive with plain slashes; refuse one that leads out of the archive."""
    plain = name.replace("\\", "/")
    parts = PurePosixPath(plain).parts
    if plain.startswith("/") or plain[1:2] == ":" or ".." in parts:
        raise ValueError(f"{path}: {name!r} leads out of the archive; allowed are paths inside it")
    return "/".join(parts)


def _check_size(path: Path, name: str, size: int) -> None:
    if size > LARGEST:
        raise ValueError(f"{path}: {name}: {too_large(size)}")
