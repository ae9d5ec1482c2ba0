"""A stage's answer stands only if what it read lies there unchanged when it ends.

DVC hashes dependencies after the command: what is edited meanwhile would be recorded as what the outputs came from.
"""

import hashlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import atelier

Section = TypeVar("Section")
Mark = str | tuple[int, int, int]
# Hashing larger files would take longer than many a stage; DVC's own cache trusts size, time and inode as well.
HASHED = 2**24
SOURCES = Path(atelier.__file__).parent


@contextmanager
def unchanged(read: Callable[[Path], Section], params: Path, *inputs: Path) -> Iterator[Section]:
    """Give what `read` takes from the parameter file; on leaving, hold everything that was read against what is there.

    That is this section, the files below `inputs`, and every module of ours that is loaded, as it was when this module
    was imported: doors import it before the modules that do the work.

    Args:
        read: takes from the parameter file what the stage depends on, and nothing else.
        params: the parameter file.
        inputs: files and directories that the stage reads.

    Raises:
        ValueError: something changed; the message names it.
    """
    text, section = params.read_bytes(), read(params)
    before = {path: _mark(path) for path in _files(inputs)}
    yield section
    changed = [path for path in _loaded() if _CODE.get(path, "") != _mark(path)]
    changed += [path for path in {*before, *_files(inputs)} if before.get(path) != _mark(path)]
    if params.read_bytes() != text and read(params) != section:
        changed.append(params)
    if changed:
        names = ", ".join(sorted({os.path.relpath(path) for path in changed}))
        raise ValueError(
            f"{names}: changed while this stage ran, so that nobody knows what its outputs came from; run it again"
        )


def _mark(path: Path) -> Mark | None:
    """What tells one content of a file from another; None where there is no file."""
    try:
        status = path.stat()
        if status.st_size > HASHED:
            return status.st_size, status.st_mtime_ns, status.st_ino
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files at or below some paths, but for those under a temporary name, which begins with a dot."""
    for path in paths:
        found = path.rglob("*") if path.is_dir() else [path]
        yield from (file for file in found if not file.is_dir() and not file.name.startswith("."))


def _door() -> list[Path]:
    name = getattr(sys.modules["__main__"], "__file__", None)
    return [Path(name).absolute()] if name and name.endswith(".py") else []


def _loaded() -> list[Path]:
    """Source files of our modules that are loaded, and the door's own."""
    loaded = [module for name, module in sys.modules.items() if name.partition(".")[0] == "atelier"]
    return [*_door(), *(Path(file) for module in loaded if (file := getattr(module, "__file__", None)))]


_CODE = {path: _mark(path) for path in [*SOURCES.rglob("*.py"), *_door()]}
