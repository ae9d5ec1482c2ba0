"""Refuse, before a stage works, what DVC refuses or loses after it: its outputs in a place that DVC cannot record."""

import os
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

ADVICE = "keep data/ in the checkout, and move DVC's cache instead: docs/running.md, Data on another disk"


def require_stage(out: Path, *, tracked: bool = False) -> None:
    """Refuse the output of the stage that DVC is running, in the working directory; without DVC any place is allowed.

    Args:
        out: the file or directory that the stage writes.
        tracked: whether Git tracks the output instead of DVC.
    """
    if "DVC_STAGE" in os.environ:
        root = Path.cwd()
        require_places(root, [root / out])
        if not tracked:
            require_untracked(root, [root / out])


def require_places(root: Path, places: Iterable[Path]) -> None:
    """Raise ValueError unless DVC can record outputs at some paths below `root`, the top of its repository.

    DVC finishes a stage and then raises an error about an output outside of the Git repository, which links can cause.
    Below a directory with a repository of DVC, it records directories as empty.
    """
    repository = next((top for top in (root, *root.parents) if (top / ".git").exists()), None)
    inside = {
        part for place in places for part in (place, *place.parents) if part.is_relative_to(root) and part != root
    }
    for part in sorted(inside):
        for path in (part, part / ".gitignore"):
            target = Path(os.path.realpath(path))
            outside = repository and not target.is_relative_to(os.path.realpath(repository))
            if path.is_symlink() and (outside or not target.exists()):
                why = f"DVC refuses outputs outside of {repository}" if outside else "nothing is there"
                raise ValueError(f"{path.relative_to(root)}: a link to {target}, but {why}; {ADVICE}")
        if (part / ".dvc").is_dir():
            raise ValueError(
                f"{(part / '.dvc').relative_to(root)}: a DVC repository inside this one, so DVC would record outputs "
                f"beside it as empty; move it out of the checkout"
            )


def require_untracked(root: Path, outs: Iterable[Path]) -> None:
    """Raise ValueError if Git tracks an output of DVC: DVC finishes the stage, then refuses the output."""
    names = [str(out.relative_to(root)) for out in outs if out.is_relative_to(root)]
    # Without Git, or where it fails, DVC has the last word.
    with suppress(FileNotFoundError):
        command = ["git", "--no-optional-locks", "--literal-pathspecs", "ls-files", "-z", "--", *names]
        done = subprocess.run(command, cwd=root, capture_output=True, check=False)
        if names and done.returncode == 0 and done.stdout:
            tracked = os.fsdecode(done.stdout.split(b"\0")[0])
            raise ValueError(
                f"{tracked}: Git tracks it, so DVC refuses it as an output of a stage; git rm -r --cached {tracked}"
            )
