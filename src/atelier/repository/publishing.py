"""Send results to the team: data to DVC's remote, then the files that name them as a branch of Git's.

In this order, so that no commit names data that nobody can fetch. The branch is made beside the checkout, whose own
branch, index and files stay as they are.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from atelier.repository import revisions

# What running the pipeline changes of what Git tracks; parameters change with a profile.
RESULTS = ("dvc.lock", "metrics.json", "params.yaml")
# Where a file that Git does not track yet would be part of what made the results.
CODE = ("dvc.yaml", "stages", "src")


@dataclass(frozen=True)
class Branch:
    """What was sent.

    Attributes:
        name: of the branch; it says which commit the results are of.
        commit: empty where there was nothing new to commit.
        there: the same results had been sent before.
    """

    name: str
    commit: str
    there: bool = False


def branch_name(root: Path) -> str:
    """The branch for the results of the present commit."""
    return f"retrain/{revisions.git(root, 'rev-parse', '--short=10', 'HEAD')}"


def publish(root: Path, remote: str, base: str) -> Branch:
    """Push data, then a branch with the results.

    Args:
        root: the checkout.
        remote: Git's remote.
        base: the branch there that the results are for.

    Raises:
        ValueError: something else than results differs from the commit, the base has moved on, the branch is there
            with other results, or one of the two remotes refuses; data that were pushed by then stay.
    """
    name = branch_name(root)
    _require_clean(root)
    _require_base(root, remote, base)
    commit = _commit(root, name)
    if commit and _published(root, remote, name, commit):
        return Branch(name, commit, there=True)
    _push_data(root)
    if not commit:
        return Branch(name, "")
    # Pushing data takes a while.
    _require_base(root, remote, base)
    # An empty expectation: the branch must not have come into being meanwhile.
    refs = [f"--force-with-lease=refs/heads/{name}:", remote, f"{commit}:refs/heads/{name}"]
    done = revisions.run_git(root, ["push", "--quiet", *refs])
    if done.returncode:
        raise ValueError(
            f"{remote} did not take {name}: {_line(done)}; the data are in the remote, the results in the commit "
            f"{commit[:10]} of this clone: git push {remote} {commit[:10]}:refs/heads/{name}"
        )
    return Branch(name, commit)


def _require_clean(root: Path) -> None:
    changed = _changed(root, "--untracked-files=no") - set(RESULTS)
    changed |= _changed(root, "--untracked-files=all", "--", *(path for path in CODE if (root / path).exists()))
    if changed:
        listed = ", ".join(sorted(changed)[:5])
        raise ValueError(f"{listed}: not as the last commit has it; commit it first, so that results name their code")


def _changed(root: Path, *options: str) -> set[str]:
    # From the top of the repository, as Git tells them; -z keeps strange names whole.
    prefix = revisions.git(root, "rev-parse", "--show-prefix")
    told = revisions.git(root, "status", "--porcelain", "-z", "--no-renames", *options)
    return {line[3:].removeprefix(prefix) for line in told.split("\0") if line}


def _require_base(root: Path, remote: str, base: str) -> None:
    tip = _tip(root, remote, base)
    if not tip:
        raise ValueError(f"{remote} has no branch {base!r}; name another one with --base")
    if revisions.run_git(root, ["merge-base", "--is-ancestor", tip, "HEAD"]).returncode:
        raise ValueError(
            f"{base} of {remote} has moved on to {tip[:10]}, which these results do not know; nothing is lost: "
            f"git pull --rebase --autostash {remote} {base}, then retrain; what is unchanged comes from the cache"
        )


def _tip(root: Path, remote: str, branch: str) -> str:
    done = revisions.run_git(root, ["ls-remote", remote, f"refs/heads/{branch}"], GIT_TERMINAL_PROMPT="0")
    if done.returncode:
        raise ValueError(f"{remote} cannot be reached: {_line(done)}")
    return done.stdout.partition("\t")[0]


def _commit(root: Path, name: str) -> str:
    """A commit of the results upon HEAD, written beside the index; empty where nothing differs."""
    paths = [path for path in RESULTS if (root / path).is_file()]
    with tempfile.TemporaryDirectory(prefix="atelier-") as place:
        index = str(Path(place, "index"))

        def git(*arguments: str) -> str:
            done = revisions.run_git(root, arguments, GIT_INDEX_FILE=index)
            if done.returncode:
                raise ValueError(f"git {arguments[0]}: {_line(done)}")
            return done.stdout.strip()

        git("read-tree", "HEAD")
        git("add", "--", *paths)
        tree = git("write-tree")
        if tree == git("rev-parse", "HEAD^{tree}"):
            return ""
        message = f"Results of {name.rpartition('/')[2]}"
        return git("commit-tree", tree, "-p", "HEAD", "-m", message)


def _published(root: Path, remote: str, name: str, commit: str) -> bool:
    """Whether the branch is there with the same results; raises `ValueError` where it has others."""
    if not _tip(root, remote, name):
        return False
    revisions.git(root, "fetch", "--quiet", remote, f"refs/heads/{name}")
    theirs, ours = (revisions.git(root, "rev-parse", f"{side}^{{tree}}") for side in ("FETCH_HEAD", commit))
    if theirs == ours:
        return True
    raise ValueError(
        f"{name} is on {remote} already, with other results; nothing was sent, yours stay here. To replace them: "
        f"git push {remote} --delete {name}, then publish again"
    )


def _push_data(root: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "dvc", "push", "--run-cache"], cwd=root, check=False)
    if done.returncode:
        raise ValueError("dvc push failed, so that no branch was pushed; results stay here: repair it, publish again")


def _line(done: subprocess.CompletedProcess[str]) -> str:
    lines: Sequence[str] = [line for line in done.stderr.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:", "remote:", " !"))]
    return " ".join([*telling, *lines, f"exit status {done.returncode}"][0].split())
