"""What `dvc.lock` says that a stage wrote, and whether files are that."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atelier.params import document

_BLOCK = 1 << 20
# Of a directory DVC keeps the digest of a listing.
LISTING = ".dir"


@dataclass(frozen=True)
class Out:
    """A file or directory that a stage wrote.

    Attributes:
        path: from the checkout.
        md5: DVC's digest; of a directory, of its listing, with ``.dir`` behind it.
    """

    path: str
    md5: str

    @property
    def is_directory(self) -> bool:
        return self.md5.endswith(LISTING)


def outs(text: str, stage: str, name: str = "dvc.lock") -> dict[str, Out] | None:
    """The outs of one stage by their paths; None where the lock does not have the stage.

    Args:
        text: of a `dvc.lock`.
        stage: such as ``train@mnist-vae``.
        name: the file it came from; errors begin with it.

    Raises:
        ValueError: it is no lock, or one of DVC 2, whose digests are others.
    """
    # Reading all of a long lock takes a second, and DVC writes every stage as a block of its own.
    block = re.search(rf"^  {re.escape(stage)}:\n(?:(?:    .*| {{2}}- .*)?\n)*", text, re.MULTILINE)
    held = document.load(f"stages:\n{block[0]}" if block else text, name)
    stages: Any = held.get("stages") if isinstance(held, dict) else None
    entry = stages.get(stage) if isinstance(stages, dict) else None
    if entry is None:
        return None
    found = {}
    for out in entry.get("outs") or ():
        if out.get("hash") != "md5" or not re.fullmatch(r"[0-9a-f]{32}(\.dir)?", str(out.get("md5"))):
            raise ValueError(
                f"{name}: {stage} has no MD5 of DVC 3 for {out.get('path')}; `dvc commit {stage}` writes it"
            )
        found[out["path"]] = Out(out["path"], out["md5"])
    return found


def md5(path: Path) -> str:
    """The MD5 of a file's bytes, in hexadecimal: DVC's name for it, no protection against forgery."""
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def require_as_locked(root: Path, stage: str, paths: list[Path], instead: str) -> None:
    """Raise unless files of the working tree are what `dvc.lock` says that a stage wrote.

    Args:
        root: the checkout.
        stage: that wrote the files.
        paths: of the files.
        instead: what a person can do to use them as they are; errors end with it.

    Raises:
        ValueError: one is not, or the lock does not know.
    """
    lock = root / "dvc.lock"
    locked = outs(lock.read_text(encoding="utf-8"), stage, str(lock)) if lock.is_file() else None
    if locked is None:
        raise ValueError(
            f"dvc.lock names no {stage}, so nothing says what {paths[0].parent.relative_to(root)} should hold; "
            f"`dvc commit {stage}` records it as it is, {instead}"
        )
    for path in paths:
        of = path.relative_to(root).as_posix()
        if of not in locked or locked[of].md5 != md5(path):
            raise ValueError(
                f"{of} is not what dvc.lock names (changed by hand, or trained since without `dvc commit`); "
                f"`dvc checkout {stage}` brings back what it names, `dvc commit {stage}` records it as it is, {instead}"
            )
