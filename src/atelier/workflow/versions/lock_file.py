"""Read `dvc.lock`, the outputs of each stage, and compare files with it."""

import hashlib
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

FILE = "dvc.lock"
# The end of a directory's digest, which is that of a listing of its files.
LISTING = ".dir"


@dataclass(frozen=True)
class Out:
    """A file or directory that a stage wrote.

    Attributes:
        path: relative to the checkout.
        md5: DVC's digest, which ends with ``.dir`` for a directory; empty if the lock has no digest of DVC 3.
    """

    path: str
    md5: str

    @property
    def is_directory(self) -> bool:
        return self.md5.endswith(LISTING)


def parse(text: str, name: str) -> dict[str, Any]:
    """Parse a lock to plain data; if it is not a YAML mapping, a `ValueError` begins with `name`."""
    try:
        # The parser in C: the one in Python takes five times as long.
        content = YAML(typ="safe").load(text)
    except YAMLError as error:
        raise ValueError(f"{name}: not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise ValueError(f"{name}: got {text.strip()[:40]!r}; allowed is a mapping, as DVC writes it")
    return content


def read(text: str | None, name: str = FILE) -> dict[str, dict[str, Out]]:
    """Return the outputs in a lock, by stage and path; empty if there is no text. Errors begin with `name`."""
    if not text:
        return {}
    stages = parse(text, name).get("stages") or {}
    try:
        return {
            str(stage): {str(out["path"]): Out(str(out["path"]), _md5_of(out)) for out in entry.get("outs") or ()}
            for stage, entry in stages.items()
        }
    except (AttributeError, KeyError, TypeError):
        raise ValueError(
            f"{name}: not as DVC writes it; restore a version with `git checkout`, then `dvc repro`"
        ) from None


def read_here(root: Path) -> dict[str, dict[str, Out]]:
    """Read the lock of the working tree; see `read`."""
    path = root / FILE
    return read(path.read_text(encoding="utf-8") if path.is_file() else None, str(path))


def _md5_of(out: dict[str, Any]) -> str:
    digest = str(out.get("md5"))
    return digest if out.get("hash") == "md5" and re.fullmatch(r"[0-9a-f]{32}(\.dir)?", digest) else ""


def dependencies(text: str | None, stage: str, name: str = FILE) -> set[str]:
    """Return the MD5s of all that a stage read, by the text of a lock; empty if it has no such stage."""
    stages = (parse(text, name).get("stages") or {}) if text else {}
    try:
        return (
            {str(dependency.get("md5")) for dependency in stages[stage].get("deps") or ()} if stage in stages else set()
        )
    except (AttributeError, KeyError, TypeError):
        raise ValueError(f"{name}: not as DVC writes it; `git checkout {FILE}` restores it") from None


def md5(path: Path) -> str:
    """Compute the MD5 of a file in hexadecimal, as DVC does; it does not protect against forgery."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, partial(hashlib.md5, usedforsecurity=False)).hexdigest()


def require_unchanged(root: Path, stage: str, paths: list[Path], alternative: str) -> None:
    """Raise `ValueError` unless files are as `dvc.lock` records the outputs of a stage.

    The message ends with `alternative`: how to use the files as they are.
    """
    outs = read_here(root).get(stage)
    if outs is None:
        raise ValueError(
            f"dvc.lock has no {stage}, so {paths[0].parent.relative_to(root)} cannot be verified; "
            f"`dvc commit {stage}` records it as it is, {alternative}"
        )
    for path in paths:
        name = path.relative_to(root).as_posix()
        if name not in outs or outs[name].md5 != md5(path):
            raise ValueError(
                f"{name} differs from dvc.lock (edited by hand, or trained without `dvc commit`); "
                f"`dvc checkout {stage}` restores it, `dvc commit {stage}` records it as it is, {alternative}"
            )
