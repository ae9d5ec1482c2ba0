"""List and read the files of a raw folder, or of the one archive in it, without unpacking anything."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from atelier.datasets.download.record import RECORD
from atelier.datasets.formats.own import archives
from atelier.datasets.formats.own.archives import LARGEST, Content

BATCH, _BATCH_BYTES = 256, 16_000_000

TABLE = ".csv"
_JUNK_FOLDERS = ("__MACOSX", "@eaDir")
_JUNK_FILES = ("thumbs.db", "desktop.ini")


@dataclass(frozen=True)
class Collection:
    """The files that should be examples.

    Attributes:
        origin: the folder or the archive.
        names: paths inside it, in the order in which they are read.
        tables: content of each CSV file by its path, if tables were asked for; `names` does not list them.
        ignored: number of files that systems leave in folders, which nobody wants as examples.
        contents: yields the bytes of each of `names`, or as text why it cannot be read.
    """

    origin: Path
    names: list[str]
    tables: dict[str, bytes]
    ignored: int
    contents: Callable[[], Iterator[Content]]


@contextmanager
def opened(raw: Path, what: str, tables: bool = False, alone: bool = False) -> Iterator[Collection]:
    """List the files of `raw`: a folder of them, a folder with one archive of them, or an archive.

    Args:
        raw: what `dvc add`, `dvc import` or `dvc import-url` brought.
        what: what the files are, in the plural, for messages.
        tables: whether CSV files are tables of labels.
        alone: whether `raw` may also be a single file that is no archive.

    Raises:
        FileNotFoundError: there is no such folder; the message says how to bring or fetch it.
        ValueError: there is no file, there are several archives, or an archive is not acceptable (see `archives`).
    """
    if not raw.exists():
        pointer = raw.with_name(f"{raw.name}.dvc")
        if pointer.is_file():
            raise FileNotFoundError(f"{raw} is missing; fetch it with: dvc pull {pointer}")
        raise FileNotFoundError(
            f"{raw} is missing; put your {what} there and run `dvc add {raw}`, or bring them with "
            f"`dvc import` or `dvc import-url` (docs/own-data.md)"
        )
    if raw.is_file() and alone and not archives.is_archive(raw):
        yield _collect(raw, what, [raw.name], tables, lambda names: (_read(raw) for _ in names))
        return
    if raw.is_file():
        with archives.opened(raw) as archive:
            yield _collect(raw, what, archive.names, tables, archive.contents)
        return
    found = sorted(_walk(raw))
    packed = [name for name in found if "/" not in name and name.lower().endswith(archives.ENDINGS)]
    if len(packed) > 1:
        raise ValueError(
            f"{raw}: {len(packed)} archives ({', '.join(packed[:3])}); allowed is one, or a folder of files"
        )
    if not packed:
        yield _collect(raw, what, found, tables, lambda names: (_read(raw / name) for name in names))
        return
    beside = [name for name in found if name != packed[0]]
    with archives.opened(raw / packed[0]) as archive:
        if twice := set(beside) & set(archive.names):
            raise ValueError(f"{raw}: {min(twice)} is in {packed[0]} and beside it; remove one")
        outside = set(beside)

        # Files beside the archive are read as well: one may be the table, and any other is named.
        def contents(names: list[str]) -> Iterator[Content]:
            yield from archive.contents([name for name in names if name not in outside])
            yield from (_read(raw / name) for name in names if name in outside)

        yield _collect(raw / packed[0], what, [*archive.names, *beside], tables, contents)


def batches(contents: Iterable[Content]) -> Iterator[list[Content]]:
    """Group contents for worker processes: few enough for the memory of several, enough for a cheap transfer."""
    waiting: list[Content] = []
    size = 0
    for content in contents:
        waiting.append(content)
        size += len(content)
        if len(waiting) == BATCH or size >= _BATCH_BYTES:
            yield waiting
            waiting, size = [], 0
    if waiting:
        yield waiting


def ignored(name: str) -> bool:
    """Return whether a file is hidden, or one that a system or a program leaves in folders.

    >>> [ignored(name) for name in ("a/.DS_Store", "__MACOSX/a/b.jpg", "a/._b.jpg", "Thumbs.db", "a/b.JPG")]
    [True, True, True, True, False]
    """
    *folders, last = name.split("/")
    if any(folder.startswith(".") or folder in _JUNK_FOLDERS for folder in folders):
        return True
    return last.startswith(".") or last.lower() in _JUNK_FILES or name == RECORD


def _collect(
    origin: Path, what: str, found: list[str], tables: bool, contents: Callable[[list[str]], Iterator[Content]]
) -> Collection:
    wanted = [name for name in found if not ignored(name)]
    listed = [name for name in wanted if tables and name.lower().endswith(TABLE)]
    names = [name for name in wanted if name not in listed] if listed else wanted
    if not names:
        raise ValueError(f"{origin}: contains no {what}")
    read = {}
    for name, content in zip(listed, contents(listed), strict=True):
        if isinstance(content, str):
            raise ValueError(f"{origin}: {name}: {content}")
        read[name] = content
    return Collection(origin, names, read, len(found) - len(wanted), lambda: contents(names))


def _walk(folder: Path) -> Iterator[str]:
    """Yield the paths of all files in a folder, and of links to folders, which are not followed."""

    def fail(error: OSError) -> None:
        raise error

    for directory, folders, names in os.walk(folder, onerror=fail):
        inside = Path(directory).relative_to(folder).as_posix()
        prefix = "" if inside == "." else f"{inside}/"
        linked = [name for name in folders if os.path.islink(os.path.join(directory, name))]
        yield from (prefix + name for name in (*names, *linked))


def _read(path: Path) -> Content:
    try:
        # Files may be links: DVC can link them into its cache.
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            return "a link to a folder, which is not followed"
        if not stat.S_ISREG(status.st_mode):
            return "not a file"
        if status.st_size > LARGEST:
            return archives.too_large(status.st_size)
        return path.read_bytes()
    except OSError as error:
        return f"cannot be read ({error.strerror})"
