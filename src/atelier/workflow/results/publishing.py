"""Push results to the team: data to DVC's remote, then a Git branch with the files that name the data.

The data are pushed first, so that every commit on the remote has its data. The checkout's own branch, index and files
do not change.
"""

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from atelier.core.git import reason
from atelier.workflow.versions import revisions

# Files tracked by Git that running the pipeline changes; a profile changes the parameters.
RESULTS = ("dvc.lock", "metrics.json", "params.yaml")
# An untracked file here may be part of the code that computed the results.
CODE = ("dvc.yaml", "stages", "src")


@dataclass(frozen=True)
class Branch:
    """The branch with the results.

    Attributes:
        name: contains the short hash of the commit that the results belong to.
        commit: its hash; empty if there was nothing new to commit.
        already_there: whether the same results had been pushed before.
    """

    name: str
    commit: str
    already_there: bool = False


def publish(root: Path, remote: str, base: str) -> Branch:
    """Push data to DVC's remote, then the results to Git's `remote`, as a branch that will be merged into `base`.

    Raises:
        ValueError: files other than results differ from the commit, the base has new commits, the branch exists with
            other results, or one of the two remotes refuses. Data that were pushed before the error stay there.
    """
    name = f"retrain/{revisions.git(root, 'rev-parse', '--short=10', 'HEAD')}"
    _require_clean(root)
    _require_base(root, remote, base)
    commit = _commit(root, name)
    if commit and _is_published(root, remote, name, commit):
        return Branch(name, commit, already_there=True)
    _push_data(root)
    if not commit:
        return Branch(name, "")
    # Again, because pushing data takes a while.
    _require_base(root, remote, base)
    # The lease without a hash makes Git refuse if the branch exists by now.
    refs = [f"--force-with-lease=refs/heads/{name}:", remote, f"{commit}:refs/heads/{name}"]
    done = revisions.run_git(root, ["push", "--quiet", *refs])
    if done.returncode:
        raise ValueError(
            f"{remote} refused {name}: {reason(done)}; the data are in the remote, the results in commit "
            f"{commit[:10]} of this clone: git push {remote} {commit[:10]}:refs/heads/{name}"
        )
    return Branch(name, commit)


def _require_clean(root: Path) -> None:
    # Only below `root`, which may be a part of a larger repository.
    changed = _changed(root, "--untracked-files=no", "--", ".") - set(RESULTS)
    changed |= _changed(root, "--untracked-files=all", "--", *(path for path in CODE if (root / path).exists()))
    if changed:
        listed = ", ".join(sorted(changed)[:5])
        raise ValueError(f"{listed}: not as in the last commit; commit first, so that the results belong to a commit")


def _changed(root: Path, *options: str) -> set[str]:
    # Git prints paths from the top of the repository; -z keeps unusual names unquoted.
    prefix = revisions.git(root, "rev-parse", "--show-prefix")
    status = revisions.git(root, "status", "--porcelain", "-z", "--no-renames", *options)
    return {line[3:].removeprefix(prefix) for line in status.split("\0") if line}


def _require_base(root: Path, remote: str, base: str) -> None:
    tip = _tip(root, remote, base)
    if not tip:
        raise ValueError(f"{remote} has no branch {base!r}; name another one with --base")
    if revisions.run_git(root, ["merge-base", "--is-ancestor", tip, "HEAD"]).returncode:
        raise ValueError(
            f"{base} of {remote} has commits that these results do not include (now at {tip[:10]}); nothing is lost: "
            f"git pull --rebase --autostash {remote} {base}, then retrain; unchanged stages come from the cache"
        )


def _tip(root: Path, remote: str, branch: str) -> str:
    done = revisions.run_git(root, ["ls-remote", remote, f"refs/heads/{branch}"], GIT_TERMINAL_PROMPT="0")
    if done.returncode:
        raise ValueError(f"{remote} cannot be reached: {reason(done)}")
    return done.stdout.partition("\t")[0]


def _commit(root: Path, name: str) -> str:
    """Commit the results on top of HEAD, with a separate index; return the hash, or "" if nothing differs."""
    paths = [path for path in RESULTS if (root / path).is_file()]
    with tempfile.TemporaryDirectory(prefix="atelier-") as directory:
        git = partial(revisions.git, root, GIT_INDEX_FILE=str(Path(directory, "index")))
        git("read-tree", "HEAD")
        git("add", "--", *paths)
        tree = git("write-tree")
        if tree == git("rev-parse", "HEAD^{tree}"):
            return ""
        return git("commit-tree", tree, "-p", "HEAD", "-m", f"Results of {name.rpartition('/')[2]}")


def _is_published(root: Path, remote: str, name: str, commit: str) -> bool:
    """Return whether the branch exists with the same results; raise `ValueError` if it has others."""
    if not _tip(root, remote, name):
        return False
    revisions.git(root, "fetch", "--quiet", remote, f"refs/heads/{name}")
    theirs, ours = (revisions.git(root, "rev-parse", f"{side}^{{tree}}") for side in ("FETCH_HEAD", commit))
    if theirs == ours:
        return True
    raise ValueError(
        f"{name} is already on {remote}, with other results; nothing was sent. To replace them: "
        f"git push {remote} --delete {name}, then publish again"
    )


def _push_data(root: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "dvc", "push", "--run-cache"], cwd=root, check=False)
    if done.returncode:
        raise ValueError("dvc push failed, so no branch was pushed; the results are still here: publish again later")
