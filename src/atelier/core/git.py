"""Run Git, and repeat what it says where it refuses a checkout that belongs to another user."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path


def run(
    root: Path, arguments: Sequence[str], errors: str = "strict", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run Git without its optional locks, so that reading never blocks another Git command.

    Args:
        root: its working directory.
        arguments: of ``git``.
        errors: what to do with bytes that are not UTF-8, as in `bytes.decode`.
        environment: variables to set, in addition to those of this process.

    Raises:
        ValueError: the repository belongs to another user, so every command of Git fails; the message has the remedy.
        FileNotFoundError: Git is not installed.
    """
    command = ["git", "--no-optional-locks", *arguments]
    # Messages in English, which `reason` and `foreign_owner` understand.
    variables = os.environ | {"LANGUAGE": "C"} | environment
    done = subprocess.run(
        command, cwd=root, env=variables, capture_output=True, encoding="utf-8", errors=errors, check=False
    )
    if done.returncode and (refusal := foreign_owner(done.stderr)):
        raise ValueError(refusal)
    return done


def foreign_owner(messages: str) -> str:
    r"""Return Git's lines on a repository of another user, as one line; empty if its messages are about something else.

    >>> foreign_owner("fatal: dubious ownership in '/a'\nTo add it, call:\n\n\tgit config --add safe.directory /a\n")
    "dubious ownership in '/a'; To add it, call: git config --add safe.directory /a"
    """
    if "safe.directory" not in messages:
        return ""
    first, *others = [line.strip() for line in messages.splitlines() if line.strip()]
    return f"{first.removeprefix('fatal: ')}; {' '.join(others)}"


def reason(done: subprocess.CompletedProcess[str]) -> str:
    """Return the line of Git's messages that says why it failed."""
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("fatal:", "error:", "remote:", " !"))]
    return " ".join([*errors, *lines, f"git ended with exit status {done.returncode}"][0].split())
