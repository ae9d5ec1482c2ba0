"""Commits of a checkout, and the files that Git tracks in them: metrics, parameters, `dvc.lock`."""

import json
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atelier.core.git import reason, run
from atelier.params import document
from atelier.workflow.versions import lock_file
from atelier.workflow.versions.lock_file import Out

# The first of these that exists is the commit that results are compared with by default.
DEFAULTS = ("origin/main", "main", "HEAD")
METRICS = "metrics.json"


@dataclass(frozen=True)
class Commit:
    """A commit of the checkout at `root`; `name` is used in messages."""

    root: Path
    hash: str
    name: str

    def text(self, path: str) -> str | None:
        """Return the text of a file, given its path relative to `root`; None if the commit does not have it."""
        # "./" makes Git read the path from here rather than from the top of the repository.
        done = run_git(self.root, ["show", f"{self.hash}:./{path}"])
        return done.stdout if done.returncode == 0 else None

    def outs(self) -> dict[str, dict[str, Out]]:
        return lock_file.read(self.text(lock_file.FILE), f"{lock_file.FILE} of {self.name}")

    def metrics(self) -> dict[str, Any] | None:
        """Return `metrics.json`; None if the commit does not have it."""
        text = self.text(METRICS)
        return None if text is None else parse_metrics(text, f"{METRICS} of {self.name}")

    def params(self) -> dict[str, Any] | None:
        """Return `params.yaml`, not validated because older commits had other schemas; None if there is none."""
        text = self.text("params.yaml")
        if text is None:
            return None
        value = document.load(text, f"params.yaml of {self.name}")
        if not isinstance(value, dict):
            raise ValueError(f"params.yaml of {self.name}: got {value!r}; allowed is a mapping of keys to values")
        return value


def git(root: Path, *arguments: str, check: bool = True, **environment: str) -> str:
    """Return what Git prints in `root`, without the final line break; with `check`, a failure is a `ValueError`."""
    done = run_git(root, arguments, **environment)
    if check and done.returncode:
        raise ValueError(reason(done).removeprefix("fatal: "))
    return done.stdout.rstrip("\n")


def run_git(
    root: Path, arguments: Sequence[str], errors: str = "strict", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run Git as `core.git.run` does; a machine without it is a `ValueError` as well."""
    try:
        return run(root, arguments, errors, **environment)
    except FileNotFoundError:
        raise ValueError("git is not on PATH; install it") from None


def find(root: Path, name: str | None) -> Commit:
    """Return the commit of this name or, without a name, the first of `DEFAULTS` that exists; else `ValueError`."""
    if name is None:
        name = next((name for name in DEFAULTS if commit_hash(root, name)), None)
        if name is None:
            raise ValueError(f"{root} has no commit to compare with; commit first")
    found = commit_hash(root, name)
    if not found:
        raise ValueError(f"no commit {name!r}; allowed is a branch, a tag or a commit (`git fetch` fetches more)")
    # Hooks and CI pass full hashes.
    return Commit(root, found, name[:10] if re.fullmatch("[0-9a-f]{40}", name) else name)


def commit_hash(root: Path, name: str) -> str:
    """Return the full hash of the commit of this name; empty if there is none."""
    # Git would read a name that begins with a dash as an option.
    if name.startswith("-"):
        return ""
    return git(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", check=False)


def parse_metrics(text: str | bytes, name: str) -> dict[str, Any]:
    """Parse a JSON object of runs, each with its metrics, whose values gates validate; errors begin with `name`."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{name} is not JSON: {error}; `dvc repro summarize` writes it") from None
    if not isinstance(value, dict) or not all(isinstance(entry, dict) for entry in value.values()):
        raise ValueError(f"{name}: allowed is a mapping of runs to metrics; `dvc repro summarize` writes it")
    return value


def metrics_here(root: Path) -> dict[str, Any]:
    """Return `metrics.json` of the working tree; empty if there is none."""
    path = root / METRICS
    return parse_metrics(path.read_bytes(), str(path)) if path.is_file() else {}
