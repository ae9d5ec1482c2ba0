"""Commits of the checkout, and the files that Git tracks in them: metrics, parameters, the lock."""

import json
import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atelier.params import document
from atelier.workflow.versions import lock_file
from atelier.workflow.versions.lock_file import Out

# What results are compared with by default: the team's main, else this clone's.
DEFAULTS = ("origin/main", "main", "HEAD")
METRICS = "metrics.json"


@dataclass(frozen=True)
class Commit:
    """A commit of the checkout at `root`, with the name that messages use for it."""

    root: Path
    hash: str
    name: str

    def text(self, path: str) -> str | None:
        """Return a tracked file, given by its path relative to `root`; None if the commit does not have it."""
        # "./" makes Git read the path from here rather than from the top of the repository.
        done = run_git(self.root, ["show", f"{self.hash}:./{path}"])
        return done.stdout if done.returncode == 0 else None

    def outs(self) -> dict[str, dict[str, Out]]:
        """Return the outs of every stage in `dvc.lock`; see `lock_file.read`."""
        return lock_file.read(self.text(lock_file.FILE), f"{lock_file.FILE} of {self.name}")

    def metrics(self) -> dict[str, Any] | None:
        """Return `metrics.json`; None if the commit does not have it."""
        text = self.text(METRICS)
        return None if text is None else parse_metrics(text, f"{METRICS} of {self.name}")

    def params(self) -> dict[str, Any] | None:
        """Return the plain data of `params.yaml`; None if the commit does not have it.

        The data are not validated, because older commits had other schemas.
        """
        text = self.text("params.yaml")
        if text is None:
            return None
        value = document.load(text, f"params.yaml of {self.name}")
        if not isinstance(value, dict):
            raise ValueError(f"params.yaml of {self.name}: got {value!r}; allowed is a mapping of keys to values")
        return value


def git(root: Path, *arguments: str, check: bool = True) -> str:
    """Return what Git prints in `root`, without the final line break.

    Raises:
        ValueError: Git is not installed, or (with `check`) it failed; the message is Git's first line.
    """
    done = run_git(root, arguments)
    if check and done.returncode:
        lines = (done.stderr.strip() or f"git {arguments[0]} ended with {done.returncode}").splitlines()
        raise ValueError(lines[0].removeprefix("fatal: "))
    return done.stdout.rstrip("\n")


def run_git(root: Path, arguments: Sequence[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Git without its optional locks, so that reading never blocks another Git command.

    Raises:
        ValueError: Git is not installed.
    """
    try:
        return subprocess.run(
            ["git", "--no-optional-locks", *arguments],
            cwd=root,
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=os.environ | environment,
            check=False,
        )
    except FileNotFoundError:
        raise ValueError("git is not on PATH; install it") from None


def find(root: Path, name: str | None) -> Commit:
    """Return the commit that a name stands for; without a name, the first of `DEFAULTS` that exists.

    Raises:
        ValueError: there is no such commit, or no commit at all.
    """
    if name is None:
        name = next((name for name in DEFAULTS if commit_hash(root, name)), None)
        if name is None:
            raise ValueError(f"{root} has no commit to compare with; commit first")
    found = commit_hash(root, name)
    if not found:
        raise ValueError(f"no commit {name!r}; allowed is a branch, a tag or a commit (`git fetch` fetches more)")
    return Commit(root, found, short(name))


def short(name: str) -> str:
    """Shorten a full hash, as hooks and CI pass it, to its first ten digits; return other names unchanged.

    >>> short("9067a60ec7816be363e770818ca502b05757f663"), short("main")
    ('9067a60ec7', 'main')
    """
    return name[:10] if re.fullmatch("[0-9a-f]{40}", name) else name


def commit_hash(root: Path, name: str) -> str:
    """Return the full hash of the commit that a name stands for; empty if there is none."""
    # Git would read a name that begins with a dash as an option.
    if name.startswith("-"):
        return ""
    return git(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", check=False)


def parse_metrics(text: str, name: str) -> dict[str, Any]:
    """Parse a metrics file; its values are not validated, because that is what gates do.

    Raises:
        ValueError: the text is no JSON of runs, each with its metrics; the message begins with `name`.
    """
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{name} is not JSON: {error}; `dvc repro summarize` writes it") from None
    if not isinstance(value, dict) or not all(isinstance(entry, dict) for entry in value.values()):
        raise ValueError(f"{name}: allowed is a mapping of runs to metrics; `dvc repro summarize` writes it")
    return value


def metrics_here(root: Path) -> dict[str, Any]:
    """Return `metrics.json` of the working tree; empty if there is none."""
    path = root / METRICS
    return parse_metrics(path.read_text(encoding="utf-8"), str(path)) if path.is_file() else {}
