"""What another commit holds of the files that Git tracks: metrics, parameters, the lock."""

import json
import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from atelier.params import document

# What a change is compared with unless a person says otherwise: what the team has, then what this clone has.
USUAL = ("origin/main", "main", "HEAD")


def git(root: Path, *arguments: str, check: bool = True) -> str:
    """What Git says in `root`, without the line's end.

    Raises:
        ValueError: there is no Git, or (with `check`) it refused; the message is its own first line.
    """
    done = run_git(root, arguments)
    if check and done.returncode:
        said = (done.stderr.strip() or f"git {arguments[0]} ended with {done.returncode}").splitlines()
        raise ValueError(said[0].removeprefix("fatal: "))
    return done.stdout.rstrip("\n")


def run_git(root: Path, arguments: Sequence[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Git without its optional locks, so that reading never gets in the way of a person's own command.

    Raises:
        ValueError: there is no Git.
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


def usual(root: Path) -> str:
    """The first of `USUAL` that is there.

    Raises:
        ValueError: the checkout has no commit, or is none.
    """
    for name in USUAL:
        if commit(root, name):
            return name
    raise ValueError(f"{root} has no commit to compare with; commit first")


def short(name: str) -> str:
    """A revision's name as people bear to read it: a whole hash, which hooks and CI give, as its first ten digits.

    >>> short("9067a60ec7816be363e770818ca502b05757f663"), short("main")
    ('9067a60ec7', 'main')
    """
    return name[:10] if re.fullmatch("[0-9a-f]{40}", name) else name


def resolve(root: Path, name: str) -> str:
    """The commit that a name stands for, in full.

    Raises:
        ValueError: there is no such commit.
    """
    found = commit(root, name)
    if not found:
        raise ValueError(
            f"no commit {name!r} here; allowed is a branch, a tag or a commit (`git fetch` brings others')"
        )
    return found


def commit(root: Path, name: str) -> str:
    """The commit that a name stands for, in full; empty where it stands for none."""
    # A name that begins with a dash would be an option of Git's.
    if name.startswith("-"):
        return ""
    return git(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", check=False)


def text(root: Path, commit: str, path: str) -> str | None:
    """A tracked file as a commit has it, None where it has none.

    Args:
        root: the checkout.
        commit: its full name.
        path: from `root`.
    """
    # "./" makes Git read the path from here rather than from the top of the repository.
    done = run_git(root, ["show", f"{commit}:./{path}"])
    return done.stdout if done.returncode == 0 else None


def metrics(root: Path, name: str) -> dict[str, Any] | None:
    """`metrics.json` of a commit, None where it has none.

    Raises:
        ValueError: there is no such commit, or its file is no mapping.
    """
    held = text(root, resolve(root, name), "metrics.json")
    return None if held is None else parse_metrics(held, f"metrics.json of {name}")


def parse_metrics(held: str, name: str) -> dict[str, Any]:
    """A metrics file as it is: whether its numbers are numbers, the gates say.

    Raises:
        ValueError: the text is no JSON of runs, each with its metrics; the message begins with `name`.
    """
    try:
        value = json.loads(held)
    except json.JSONDecodeError as error:
        raise ValueError(f"{name} is not JSON: {error}; `dvc repro summarize` writes it") from None
    if not isinstance(value, dict) or not all(isinstance(entry, dict) for entry in value.values()):
        raise ValueError(f"{name}: allowed is a mapping of runs to metrics; `dvc repro summarize` writes it")
    return value


def params(root: Path, name: str) -> dict[str, Any] | None:
    """The plain data of a commit's `params.yaml`, unchecked, since its schemas were others; None where it has none.

    Raises:
        ValueError: there is no such commit, or its file is no mapping.
    """
    held = text(root, resolve(root, name), "params.yaml")
    if held is None:
        return None
    value = document.load(held, f"params.yaml of {name}")
    if not isinstance(value, dict):
        raise ValueError(f"params.yaml of {name}: got {value!r}; allowed is a mapping of keys to values")
    return value


def outputs(held: str | None, name: str) -> dict[str, dict[str, str]]:
    """The digest of every output of every stage in the text of a `dvc.lock`; nothing where there is no text.

    Raises:
        ValueError: the text is no lock; the message begins with `name`.
    """
    # DVC's own reader: it is written in C, and a lock of thirty stages takes the others seconds.
    from dvc.utils.serialize import YAMLFileCorruptedError, parse_yaml

    if not held:
        return {}
    try:
        stages = (parse_yaml(held, name) or {}).get("stages") or {}
        return {
            str(stage): {str(out["path"]): str(out.get("md5", "")) for out in entry.get("outs", ())}
            for stage, entry in stages.items()
        }
    except (YAMLFileCorruptedError, AttributeError, KeyError, TypeError):
        raise ValueError(f"{name} is no lock of DVC's; take one side whole (git checkout) and run: dvc repro") from None
