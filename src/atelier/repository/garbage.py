"""What DVC's cache holds that nothing uses: no workspace, branch, tag, stash or experiment.

DVC itself walks what is used and removes what is not; here stand which commits count, and what it would free.
`dvc gc` keeps the tips of local branches, but not those of remote-tracking ones or stashes, and so would take away
what a colleague's branch needs.
"""

import json
import os
from collections.abc import Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atelier.repository import revisions

if TYPE_CHECKING:
    from dvc.repo import Repo


@dataclass(frozen=True)
class Freeable:
    """One kind of what could go.

    Attributes:
        kind: ``objects``, ``run-cache``, ``checkpoints``, ``logs`` or ``versions``.
        paths: files, and directories with all that they hold.
        size: in bytes.
        note: why something stays although it looks unused; empty where nothing does.
    """

    kind: str
    paths: tuple[Path, ...]
    size: int
    note: str = ""


def commits(root: Path) -> list[str]:
    """Every commit that counts: of each branch, local or remote-tracking, tag, stash, experiment, and HEAD.

    Raises:
        ValueError: Git refuses.
    """
    named = revisions.git(root, "for-each-ref", "--format=%(objectname)").split()
    # Of a stash only the newest has a name, the others stand in its log; its second parent is the index.
    stashes = ("refs/stash", "refs/exps/stash", "refs/exps/celery/stash")
    logged = [
        commit
        for ref in stashes
        for commit in revisions.git(root, "log", "--walk-reflogs", "--format=%H %P", ref, "--", check=False).split()
    ]
    # A worktree beside this one, and what a bisection or a rebase is at, is nobody's branch.
    trees = revisions.git(root, "worktree", "list", "--porcelain").splitlines()
    heads = [line.removeprefix("HEAD ") for line in trees if line.startswith("HEAD ")]
    found = dict.fromkeys(
        commit
        for name in dict.fromkeys(["HEAD", *heads, *named, *logged])
        # A tag may name something else than a commit.
        if (commit := revisions.git(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", check=False))
    )
    return list(found)


def opened(root: Path) -> "AbstractContextManager[Repo]":
    """The checkout as DVC sees it.

    Raises:
        ValueError: it is none of DVC's.
    """
    # Imported here: DVC takes a third of a second to load.
    from dvc.exceptions import NotDvcRepoError
    from dvc.repo import Repo

    try:
        repo: AbstractContextManager[Repo] = Repo(str(root))
    except NotDvcRepoError:
        raise ValueError(f"{root} is no checkout of DVC's; run this inside a checkout of Atelier") from None
    return repo


def used(repo: "Repo", root: Path) -> set[Any]:
    """The objects that something uses, as DVC finds them; and all that the present `dvc.lock` names.

    Raises:
        ValueError: what one of the commits uses cannot be told, so that nothing may go.
    """
    from dvc.exceptions import DvcException

    try:
        found = repo.used_objs(revs=commits(root), all_experiments=True, force=True)
    except DvcException as error:
        # DVC's message is that of the commit, the reason stands behind it.
        reason = " ".join(str(error.__cause__ or error).split())
        raise ValueError(f"{error}: {reason}; nothing is freed while it is not known what that uses") from None
    return set().union(*found.values()) | _locked(repo, root)


def _locked(repo: "Repo", root: Path) -> set[Any]:
    """What `dvc.lock` names, stages included that the present parameters have not: a profile's, say."""
    from dvc_data.hashfile.hash_info import HashInfo
    from dvc_data.hashfile.tree import Tree
    from dvc_objects.errors import ObjectFormatError

    lock = root / "dvc.lock"
    text = lock.read_text(encoding="utf-8") if lock.is_file() else None
    objects = set()
    for outs in revisions.outputs(text, lock.name).values():
        for digest in outs.values():
            found = HashInfo("md5", digest)
            objects.add(found)
            if found.isdir:
                try:
                    tree = Tree.load(repo.cache.local, found)
                except (FileNotFoundError, ObjectFormatError):
                    continue
                objects.update(entry for _, _, entry in tree)
    return objects


def objects(repo: "Repo", root: Path, kept: Collection[Any]) -> Freeable:
    """Objects of the cache that nothing uses."""
    if _shared(repo, root):
        place = repo.cache.local.path
        note = f"the cache {place} is outside of this checkout, and others may use it: see `dvc gc --projects`"
        return Freeable("objects", (), 0, note)
    paths: dict[Path, int] = {}
    for odb in _caches(repo):
        names = {info.value for info in kept if info.name == odb.hash_name}
        for name in odb.all():
            if name not in names:
                path = Path(odb.oid_to_path(name))
                paths[path] = path.lstat().st_size
    return Freeable("objects", tuple(sorted(paths)), sum(paths.values()))


def remove_objects(repo: "Repo", kept: Collection[Any]) -> None:
    """Let DVC remove from its cache what is not kept."""
    from dvc_data.hashfile.gc import gc

    for odb in _caches(repo):
        gc(odb, kept)


def run_cache(repo: "Repo", root: Path, kept: Collection[Any]) -> Freeable:
    """Entries of the run-cache with an output that the cache does not have, or would not after the objects went."""
    from dvc.utils.serialize import YAMLFileCorruptedError, load_yaml

    if _shared(repo, root):
        return Freeable("run-cache", (), 0)
    names = {info.value for info in kept}
    paths: dict[Path, int] = {}
    for path in Path(repo.stage_cache.cache_dir).glob("*/*/*"):
        try:
            outs = load_yaml(str(path)).get("outs", [])
        except (YAMLFileCorruptedError, AttributeError):
            outs = [{}]
        digests = [str(out.get("md5", "")) for out in outs]
        if not all(digest in names and repo.cache.local.exists(digest) for digest in digests):
            paths[path] = path.stat().st_size
    return Freeable("run-cache", tuple(sorted(paths)), sum(paths.values()))


def running(repo: "Repo") -> str:
    """A command of DVC's that works on this checkout right now; empty where there is none."""
    path = Path(repo.tmp_dir, "rwlock")
    if not path.is_file():
        return ""
    try:
        held = json.loads(path.read_text(encoding="utf-8") or "{}")
    except json.JSONDecodeError:
        return "a command that writes .dvc/tmp/rwlock"
    holders = [*held.get("write", {}).values(), *(one for some in held.get("read", {}).values() for one in some)]
    return next((str(holder["cmd"]) for holder in holders if _alive(int(holder["pid"]))), "")


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    # Another person's process.
    except PermissionError:
        return True
    return True


def _caches(repo: "Repo") -> list[Any]:
    found = {id(odb): odb for _, odb in repo.cache.by_scheme() if odb}
    return list(found.values())


def _shared(repo: "Repo", root: Path) -> bool:
    return not Path(repo.cache.local.path).resolve().is_relative_to(root.resolve())
