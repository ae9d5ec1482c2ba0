"""`dvc.lock`: what each stage wrote, and whether files are still that."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

FILE = "dvc.lock"
# The digest of a directory is that of a listing of its files.
LISTING = ".dir"
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Out:
    """A file or directory that a stage wrote.

    Attributes:
        path: relative to the checkout.
        md5: DVC's digest, for a directory with ``.dir`` at its end; empty if the lock has no digest of DVC 3.
    """

    path: str
    md5: str

    @property
    def is_directory(self) -> bool:
        return self.md5.endswith(LISTING)


def parse(text: str, name: str) -> dict[str, Any]:
    """Return a lock as plain data.

    Raises:
        ValueError: the text is no YAML mapping; the message begins with `name`.
    """
    try:
        # The parser in C: the one in Python takes five times as long.
        content = YAML(typ="safe").load(text)
    except YAMLError as error:
        raise ValueError(f"{name}: not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise ValueError(f"{name}: got {text.strip()[:40]!r}; allowed is a mapping, as DVC writes it")
    return content


def read(text: str | None, name: str = FILE) -> dict[str, dict[str, Out]]:
    """Return the outs of every stage in a lock, by stage and path; empty if there is no text.

    Raises:
        ValueError: the text is not a lock; the message begins with `name`.
    """
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
            f"{name}: not as DVC writes it; take one side whole (git checkout) and run: dvc repro"
        ) from None


def read_here(root: Path) -> dict[str, dict[str, Out]]:
    """Return the outs of every stage in the lock of the working tree; empty if there is no lock."""
    path = root / FILE
    return read(path.read_text(encoding="utf-8") if path.is_file() else None, str(path))


def _md5_of(out: dict[str, Any]) -> str:
    digest = str(out.get("md5"))
    return digest if out.get("hash") == "md5" and re.fullmatch(r"[0-9a-f]{32}(\.dir)?", digest) else ""


def md5(path: Path) -> str:
    """Compute the MD5 of a file's bytes, in hexadecimal: DVC's name for it, no protection against forgery."""
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def require_unchanged(root: Path, stage: str, paths: list[Path], alternative: str) -> None:
    """Raise unless files of the working tree are what `dvc.lock` says that a stage wrote.

    Args:
        root: the checkout.
        stage: the stage that wrote the files.
        paths: the files.
        alternative: how to use the files as they are; the end of the error message.

    Raises:
        ValueError: a file differs, or the lock does not have the stage.
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
