"""What a result was made from: a commit, data and weights, each by its hash."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from atelier.core import files
from atelier.report import summary
from atelier.report.sources import read_mapping, require


@dataclass(frozen=True)
class Commit:
    """The last commit that touched what results depend on.

    Attributes:
        hash: in full; empty before the first commit, or outside of Git.
        uncommitted: the working tree differs from it.
    """

    hash: str
    uncommitted: bool


def commit(root: Path, paths: Sequence[Path]) -> Commit:
    """The last commit below `root` that touched one of `paths`."""
    names = [str(path) for path in paths]
    found = _git(root, "log", "-1", "--format=%H", "--", *names)
    status = _git(root, "status", "--porcelain", "--", *names)
    return Commit(hash=(found or "").strip(), uncommitted=bool(status))


def committed_metrics(root: Path, path: Path) -> summary.Metrics | None:
    """The metrics file as HEAD has it; None where it has none."""
    # "./" makes Git read the path from `root` rather than from the top of the repository.
    text = _git(root, "show", f"HEAD:./{path.as_posix()}") if not path.is_absolute() else None
    if text is None:
        return None
    try:
        return summary.check(json.loads(text), f"{path} of the last commit")
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} of the last commit is not JSON: {error}; repair and commit it") from None


def data_hash(prepared: Path, stage: str) -> str:
    """SHA-256 of a prepared dataset's `spec.json`, which itself holds the digest of every array."""
    return files.sha256(require(prepared / "spec.json", stage))


def weights_hashes(model: Path, stage: str) -> dict[str, str]:
    """SHA-256 of every weights file of a model, by its name.

    Raises:
        ValueError: there is none.
    """
    found = {path.name: files.sha256(path) for path in sorted(model.glob("*.weights.h5"))}
    if not found:
        require(model / "model.weights.h5", stage)
    return found


def machine(path: Path, stage: str) -> list[str]:
    """What a network was trained on, a few words each."""
    told = read_mapping(path, stage)
    gpus = [gpu.replace(", ", " ") for gpu in told["gpus"]]
    return [told["processor"], f"{told['cores']} cores", *(gpus or ["no GPU"]), told["system"], told["backend"]]


def _git(root: Path, *arguments: str) -> str | None:
    """What Git says; None where it fails, as before the first commit, or where there is no Git."""
    try:
        # Without optional locks, so that reading a status never gets in the way of a person's own Git command.
        command = ["git", "--no-optional-locks", "-C", str(root), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None
