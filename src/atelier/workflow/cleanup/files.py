"""Files that can be removed, by kind, and removing them."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Removable:
    """All files of one kind that can be removed.

    Attributes:
        kind: ``objects``, ``run-cache``, ``checkpoints``, ``logs`` or ``versions``.
        size: in bytes.
        note: why unused files of this kind are kept; empty if none are.
    """

    kind: str
    paths: tuple[Path, ...]
    size: int
    note: str = ""

    @classmethod
    def of(cls, kind: str, paths: Iterable[Path]) -> "Removable":
        """Sort paths and measure their size."""
        paths = tuple(sorted(paths))
        return cls(kind, paths, sum(map(_size, paths)))


def remove(paths: Iterable[Path]) -> None:
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _size(path: Path) -> int:
    """Return the size of a file, or of all files in a directory, in bytes; a link counts as itself."""
    parts = path.rglob("*") if path.is_dir() and not path.is_symlink() else [path]
    return sum(part.lstat().st_size for part in parts if part.is_symlink() or not part.is_dir())
