"""Raw files as people pack them: other names of a file, and what a file is that is not the expected one."""

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

# Name endings of upstream's files, and of the same content in another packing. Readers look at the content.
_ENDINGS = {
    r"\.tar\.gz": (".tar.gz", ".tgz", ".tar", ".tar.bz2", ".tbz2"),
    r"-(idx\d)-ubyte\.gz": (r"-\1-ubyte.gz", r"-\1-ubyte", r".\1-ubyte.gz", r".\1-ubyte"),
    r"\.gz": (".gz", ""),
    r"\.txt": (".txt", ".csv", ".tsv"),
}
_KINDS = {
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "a gzip file",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a rar archive",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"\x89HDF": "an HDF5 file",
    b"\x93NUMPY": "a NumPy array",
    b"PAR1": "a Parquet file",
    b"version https://git-lfs": "a pointer of Git LFS, whose content `git lfs pull` fetches",
}
OTHER = "of another format"
_HEAD = 512
_LISTED = 5  # entries that an error lists


def names(name: str) -> tuple[str, ...]:
    """Return the names under which a raw file may be, upstream's first.

    >>> names("aclImdb_v1.tar.gz")[:3], names("t10k-labels-idx1-ubyte.gz")[1:3]
    (('aclImdb_v1.tar.gz', 'aclImdb_v1.tgz', 'aclImdb_v1.tar'),
     ('t10k-labels-idx1-ubyte', 't10k-labels.idx1-ubyte.gz'))
    """
    for ending, others in _ENDINGS.items():
        if found := re.search(f"{ending}$", name):
            return tuple(name[: found.start()] + found.expand(other) for other in others)
    return (name,)


def find(folder: Path, name: str) -> Path:
    """Find a raw file under one of its names; the FileNotFoundError says what the folder contains instead."""
    for candidate in names(name):
        if (folder / candidate).is_file():
            return folder / candidate
    raise FileNotFoundError(f"{folder}: no {name}; it contains {content(folder)}")


def content(folder: Path) -> str:
    """List what a folder contains, for an error."""
    return summary(sorted(f"{path.name}/" if path.is_dir() else path.name for path in folder.glob("[!.]*")))


def kind(path: Path) -> str:
    """Say what a file is, by its first bytes."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head.strip(b"\0"):
        return "only zeros" if head else "empty"
    if head[257:262] == b"ustar":
        return "a tar archive"
    if head.lstrip().lower().startswith((b"<!doctype", b"<html")):
        return "a web page"
    return next((what for start, what in _KINDS.items() if head.startswith(start)), OTHER)


def summary(paths: Iterable[str]) -> str:
    """List names, those of a folder with the same ending as one entry.

    >>> summary(["a/1.jpg", "a/2.jpg", "b.csv"])
    'a/*.jpg (2), b.csv'
    """
    groups: dict[str, list[str]] = {}
    for name in paths:
        path = PurePosixPath(name)
        groups.setdefault(str(path.parent / f"*{path.suffix}"), []).append(name)
    entries = [entry for group, found in groups.items() for entry in _entries(group, found)]
    more = [f"{len(entries) - _LISTED:,} more"] if len(entries) > _LISTED else []
    return ", ".join([*entries[:_LISTED], *more]) or "nothing"


def _entries(group: str, found: list[str]) -> list[str]:
    return found if len(found) == 1 or "/" not in group else [f"{group} ({len(found):,})"]


def member_path(name: str) -> str:
    """Return the path of a member of an archive, with ``/`` between folders and without ``./`` before them.

    >>> member_path("./././a\\\\1.jpg")
    'a/1.jpg'
    """
    return re.sub(r"^(\./)+", "", name.replace("\\", "/"))


def is_metadata(name: str) -> bool:
    """Return whether a member of an archive was added by macOS or Windows: ``__MACOSX/``, ``._NAME``, ``.DS_Store``.

    >>> is_metadata("__MACOSX/a/._1.jpg"), is_metadata("./a/1.jpg")
    (True, False)
    """
    parts = name.split("/")
    return "__MACOSX" in parts or parts[-1].startswith("._") or parts[-1] in (".DS_Store", "Thumbs.db", "desktop.ini")


def common_folder(folders: set[str], last: str) -> str | None:
    """Choose the folder that holds the data: the only one, else the only top one that is called `last`; or None."""
    if len(folders) > 1:
        called = {folder for folder in folders if folder.rpartition("/")[2] == last}
        folders = {folder for folder in called if not any(folder.startswith(f"{other}/") for other in called)}
    return folders.pop() if len(folders) == 1 else None
