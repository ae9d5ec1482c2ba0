"""Unused objects in DVC's cache: those that no workspace, branch, tag, stash or experiment names.

DVC finds and removes them; this module chooses the commits to keep. `dvc gc` keeps the tips of local branches, but not
of remote-tracking branches or stashes: it would remove data that a colleague's branch needs.
"""

import json
import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atelier.workflow import dvc_repo
from atelier.workflow.cleanup.files import Removable
from atelier.workflow.versions import lock_file, revisions

if TYPE_CHECKING:
    from dvc.repo import Repo


def commits(root: Path) -> list[str]:
    """Return every commit to keep: HEAD, and that of each branch, remote-tracking branch, tag, stash and experiment."""
    named = revisions.git(root, "for-each-ref", "--format=%(objectname)").split()
    # Only the newest stash has a name, the others are in its reflog; a stash's second parent is the index.
    stashes = ("refs/stash", "refs/exps/stash", "refs/exps/celery/stash")
    logged = [
        commit
        for ref in stashes
        for commit in revisions.git(root, "log", "--walk-reflogs", "--format=%H %P", ref, "--", check=False).split()
    ]
    # Other worktrees, and those in the middle of a bisection or rebase, may be on no branch.
    worktrees = revisions.git(root, "worktree", "list", "--porcelain").splitlines()
    heads = [line.removeprefix("HEAD ") for line in worktrees if line.startswith("HEAD ")]
    # A tag may name something other than a commit.
    found = [revisions.commit_hash(root, name) for name in dict.fromkeys(["HEAD", *heads, *named, *logged])]
    return [commit for commit in dict.fromkeys(found) if commit]


def used(repo: "Repo", root: Path) -> set[Any]:
    """Return the objects that a kept commit or `dvc.lock` uses.

    Raises:
        ValueError: DVC cannot read one of the commits, so nothing may be removed.
    """
    from dvc.exceptions import DvcException

    try:
        found = repo.used_objs(revs=commits(root), all_experiments=True, force=True)
    except DvcException as error:
        raise ValueError(f"{dvc_repo.one_line(error)}; nothing is removed, because that commit may use it") from None
    return set().union(*found.values()) | _named_by_lock(repo, root)


def _named_by_lock(repo: "Repo", root: Path) -> set[Any]:
    """Return the objects in `dvc.lock`, including those of stages that the present parameters do not have."""
    from dvc_data.hashfile.hash_info import HashInfo
    from dvc_data.hashfile.tree import Tree
    from dvc_objects.errors import ObjectFormatError

    outs = [out for outs in lock_file.read_here(root).values() for out in outs.values() if out.md5]
    objects = {HashInfo("md5", out.md5) for out in outs}
    for out in outs:
        if out.is_directory:
            # The cache may lack the listing, or have a damaged one.
            with suppress(FileNotFoundError, ObjectFormatError):
                objects.update(entry for _, _, entry in Tree.load(repo.cache.local, HashInfo("md5", out.md5)))
    return objects


def unused_objects(repo: "Repo", root: Path, kept: Collection[Any]) -> Removable:
    """Return the objects of the cache that nothing uses."""
    if _is_shared(repo, root):
        cache = repo.cache.local.path
        note = f"the cache {cache} is outside this checkout, and others may use it: see `dvc gc --projects`"
        return Removable("objects", (), 0, note)
    paths = []
    for odb in _caches(repo):
        names = {info.value for info in kept if info.name == odb.hash_name}
        paths += [Path(odb.oid_to_path(name)) for name in odb.all() if name not in names]
    return Removable.of("objects", paths)


def remove_objects(repo: "Repo", kept: Collection[Any]) -> None:
    """Remove all objects that are not in `kept` from DVC's cache."""
    from dvc_data.hashfile.gc import gc

    for odb in _caches(repo):
        gc(odb, kept)


def broken_run_cache(repo: "Repo", root: Path, kept: Collection[Any]) -> Removable:
    """Return entries of the run cache with an output that is not in the cache or will be removed from it."""
    from dvc.utils.serialize import YAMLFileCorruptedError, load_yaml

    if _is_shared(repo, root):
        return Removable("run-cache", (), 0)
    names = {info.value for info in kept}

    def is_broken(path: Path) -> bool:
        try:
            digests = [str(out.get("md5", "")) for out in load_yaml(str(path)).get("outs", [])]
        except (YAMLFileCorruptedError, AttributeError):
            return True
        return not all(digest in names and repo.cache.local.exists(digest) for digest in digests)

    return Removable.of("run-cache", filter(is_broken, Path(repo.stage_cache.cache_dir).glob("*/*/*")))


def running_command(repo: "Repo") -> str:
    """Return the DVC command that is running in this checkout; empty if there is none."""
    try:
        locks = json.loads(Path(repo.tmp_dir, "rwlock").read_text(encoding="utf-8") or "{}")
    except FileNotFoundError:
        return ""
    except json.JSONDecodeError:
        return "a command that writes .dvc/tmp/rwlock"
    holders = [*locks.get("write", {}).values(), *(one for some in locks.get("read", {}).values() for one in some)]
    return next((str(holder["cmd"]) for holder in holders if _is_alive(int(holder["pid"]))), "")


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # The process belongs to another user.
        pass
    return True


def _caches(repo: "Repo") -> list[Any]:
    return list({id(odb): odb for _, odb in repo.cache.by_scheme() if odb}.values())


def _is_shared(repo: "Repo", root: Path) -> bool:
    return not Path(repo.cache.local.path).resolve().is_relative_to(root.resolve())
