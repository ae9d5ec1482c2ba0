"""Read the versions of models: Git tags that GTO creates (`mnist-vae@v1.2.0`, `mnist-vae#prod#1`).

GTO's grammar and order of versions are used, but not its reader, which raises an error about all runs if one commit has
two versions of a run and a stage. GTO makes no such tags, but `git tag -a` does.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from atelier.core.git import reason
from atelier.workflow.versions import revisions

# GTO reads tags that are objects of their own (`git tag -a`) and ignores others.
_TAGS = "%(refname:strip=2) %(objecttype) %(*objecttype) %(*objectname) %(taggerdate:iso-strict)"


@dataclass(frozen=True)
class Version:
    """A registered version of a run's model.

    Attributes:
        run: the run, which is also GTO's artifact name.
        version: as in its tag, ``v1.2.0``.
        stages: the stages that it is assigned to now, such as ``prod``, in alphabetical order.
        commit: the full hash of the tagged commit.
        registered: when the tag was created.
    """

    run: str
    version: str
    stages: tuple[str, ...]
    commit: str
    registered: datetime


def versions(root: Path, run: str | None = None) -> list[Version]:
    """Return the versions of one run or of all, sorted by run; newest (by semantic versioning) first.

    A stage is assigned to a commit. It belongs to the version of the commit, the newest one if there are several.

    Raises:
        ValueError: `root` is not a Git repository.
    """
    # GTO takes half a second to load, and most commands do not need it.
    from gto.constants import Action
    from gto.versions import SemVer

    registered: dict[tuple[str, str], tuple[str, datetime]] = {}
    # For each run and stage the commits that it is assigned to, the last assignment last.
    assigned: dict[tuple[str, str], dict[str, None]] = {}
    for tag, commit, created in _tags(root):
        match tag["action"]:
            case Action.REGISTER:
                registered[tag["name"], tag["version"]] = commit, created
            case Action.DEREGISTER:
                registered.pop((tag["name"], tag["version"]), None)
            case Action.ASSIGN:
                commits = assigned.setdefault((tag["name"], tag["stage"]), {})
                commits.pop(commit, None)
                commits[commit] = None
            case Action.UNASSIGN:
                assigned.get((tag["name"], tag["stage"]), {}).pop(commit, None)
    newest_first = sorted(registered, key=lambda key: SemVer(key[1]), reverse=True)
    stages: dict[tuple[str, str], list[str]] = {}
    for (name, stage), commits in sorted(assigned.items()):
        of_run = {registered[key][0]: key for key in reversed(newest_first) if key[0] == name}
        if current := next((of_run[commit] for commit in reversed(commits) if commit in of_run), None):
            stages.setdefault(current, []).append(stage)
    return [
        Version(*key, tuple(stages.get(key, ())), *registered[key])
        for key in sorted(newest_first, key=lambda key: key[0])
        if run in (None, key[0])
    ]


def _tags(root: Path) -> list[tuple[dict[str, Any], str, datetime]]:
    """Return what each of GTO's tags says, its commit and when it was created, oldest first."""
    from gto.tag import parse_name

    # Names of other tags may be bytes that are no UTF-8.
    done = revisions.run_git(root, ["for-each-ref", f"--format={_TAGS}", "refs/tags"], errors="replace")
    if done.returncode:
        raise ValueError(f"{root}: its versions cannot be read: {reason(done)}")
    found = []
    for line in done.stdout.splitlines():
        name, *kinds = line.split(" ")
        if kinds[:2] == ["tag", "commit"] and (tag := parse_name(name, raise_on_fail=False)):
            found.append((tag, kinds[2], datetime.fromisoformat(kinds[3])))
    return sorted(found, key=lambda one: (one[2], one[0].get("counter", 0)))
