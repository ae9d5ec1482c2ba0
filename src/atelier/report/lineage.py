"""The commit, the profile and the machine that produced a result."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atelier.core import git
from atelier.params import profiles
from atelier.report import summary
from atelier.report.sources import read_mapping


@dataclass(frozen=True)
class Commit:
    """The last commit that changed what results depend on; `hash` is empty before the first one and without Git."""

    hash: str
    uncommitted: bool


def commit(root: Path, paths: Sequence[Path]) -> Commit:
    """Find the last commit in the repository of `root` that changed one of `paths`."""
    names = [str(path) for path in paths]
    found = _git(root, "log", "-1", "--format=%H", "--", *names)
    return Commit((found or "").strip(), uncommitted=bool(_git(root, "status", "--porcelain", "--", *names)))


def committed_metrics(root: Path, path: Path) -> summary.Metrics | None:
    """Return the metrics file of HEAD; None if HEAD does not contain it."""
    # "./" makes the path relative to `root`, not to the top of the repository.
    text = _git(root, "show", f"HEAD:./{path.as_posix()}") if not path.is_absolute() else None
    if text is None:
        return None
    try:
        return summary.check(json.loads(text), f"{path} of the last commit")
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} of the last commit is not JSON: {error}; repair and commit it") from None


def profile(directory: Path, params: dict[str, Any]) -> str:
    """Name the profile in `directory` that parameters equal, apart from the sources of datasets, or the nearest one.

    The text is empty if there are no profiles.
    """
    counts = {}
    for name in profiles.names(directory):
        changes = profiles.compare(profiles.resolve(directory, name), params)
        counts[name] = sum(not (change.path[0] == "downloads" and change.path[2:] == ("source",)) for change in changes)
    if not counts:
        return ""
    nearest = min(counts, key=lambda name: counts[name])
    count = counts[nearest]
    return f"{nearest}, with {count} other value{'s' if count > 1 else ''}" if count else nearest


def machine(path: Path, stage: str) -> list[str]:
    """Describe the machine that trained a network: processor, cores, GPUs, system and backend."""
    facts = read_mapping(path, stage, "processor", "cores", "gpus", "system", "backend")
    if not isinstance(facts["gpus"], list):
        raise ValueError(f"{path}: gpus: got {facts['gpus']!r:.60}; allowed is a list of texts")
    gpus = [str(gpu).replace(", ", " ") for gpu in facts["gpus"]]
    shown = (facts["processor"], f"{facts['cores']} cores", *(gpus or ["no GPU"]), facts["system"], facts["backend"])
    return [str(fact) for fact in shown]


def _git(root: Path, *arguments: str) -> str | None:
    """Return Git's output; None if Git fails, as before the first commit, or is not installed."""
    try:
        done = git.run(root, arguments)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None
