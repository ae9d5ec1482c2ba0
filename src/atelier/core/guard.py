"""Refuse the result of a stage whose code, parameters or inputs changed while it ran.

DVC hashes dependencies after the command: it would record an edit in the meantime as what the result depends on.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from atelier.core import environment as packages
from atelier.core.code import manifest

Section = TypeVar("Section")
Mark = str | tuple[int, int, int]
# Hashing larger files would take longer than many stages; DVC's own cache trusts size, time and inode as well.
HASHED = 2**24


@contextmanager
def unchanged(
    read: Callable[[Path], Section], params: Path, code: Path, environment: Path | None, *inputs: Path
) -> Iterator[Section]:
    """Yield the parameters of a stage, and refuse the result if anything that the stage read has changed.

    Args:
        read: returns from the parameter file `params` only what the stage depends on.
        code: the stage's manifest, which must describe the code that this process has loaded.
        environment: the versions of the packages that the result depends on, which must be those of this process;
            None if it depends on none.
        inputs: files and directories that the stage reads.

    Raises:
        ValueError: something differs; the message names it.
    """
    manifest.check(code)
    if environment:
        packages.check(environment)
        inputs = (*inputs, environment)
    text, section = params.read_bytes(), read(params)
    before = {path: _mark(path) for path in _files(inputs)}
    yield section
    manifest.check(code)
    changed = [path for path in {*before, *_files(inputs)} if before.get(path) != _mark(path)]
    if params.read_bytes() != text and read(params) != section:
        changed.append(params)
    if changed:
        names = ", ".join(sorted({os.path.relpath(path) for path in changed}))
        raise ValueError(f"{names}: changed while this stage ran, so its result is invalid; run it again")


def _mark(path: Path) -> Mark | None:
    """Return what identifies the content of a file; None if there is no file."""
    try:
        status = path.stat()
        if status.st_size > HASHED:
            return status.st_size, status.st_mtime_ns, status.st_ino
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files at or below some paths, except temporary ones, whose names begin with a dot."""
    for path in paths:
        found = path.rglob("*") if path.is_dir() else [path]
        yield from (file for file in found if not file.is_dir() and not file.name.startswith("."))
