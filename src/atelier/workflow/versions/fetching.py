"""Fetch files that stages wrote at other commits from DVC's cache or its remote, and verify their hashes."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from atelier.core import files, similar
from atelier.workflow import dvc_repo
from atelier.workflow.versions import registry, revisions
from atelier.workflow.versions.lock_file import LISTING, Out, md5
from atelier.workflow.versions.revisions import Commit

if TYPE_CHECKING:
    from dvc.repo import Repo

# Ignored by Git and DVC, and kept when a stage runs.
FETCHED = Path(".checkpoints") / "versions"


def resolve(root: Path, run: str, which: str) -> Commit:
    """Return the commit of RUN@WHICH: that of a version, of `latest`, of a stage such as `prod`, or a name of a commit.

    Raises:
        ValueError: there is none; the message lists the versions.
    """
    found = registry.versions(root, run)
    version = next((v for v in found if which in ("latest", v.version, *v.stages)), None)
    commit = version.commit if version else revisions.commit_hash(root, which)
    if not commit:
        listed = [f"{v.version}{''.join(f' ({stage})' for stage in v.stages)}" for v in found]
        known = ["latest", *(name for v in found for name in (v.version, *v.stages))] if found else []
        versions = f"{', '.join(listed) or 'none'}{similar.suggestion(which, known)}"
        raise ValueError(f"{run}@{which}: no version, stage or commit {which!r}; versions of {run}: {versions}")
    return Commit(root, commit, f"{run}@{which}")


def fetch(commit: Commit, wanted: dict[str, Iterable[str]]) -> Path:
    """Copy files that stages wrote at a commit into a directory that holds only them, and return it.

    Args:
        commit: the commit.
        wanted: the names of files, for each stage; they may be inside a directory that the stage wrote.

    Raises:
        ValueError: the commit has no such stage or file, or neither cache nor remote has its bytes.
    """
    with dvc_repo.opened(commit.root) as repo:
        store = _Store(repo, commit)
        digests = {name: store.digest(stage, name) for stage, names in sorted(wanted.items()) for name in sorted(names)}
        label = hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()[:16]
        target = commit.root / FETCHED / label
        if not all((target / name).is_file() and md5(target / name) == digest for name, digest in digests.items()):
            with files.atomic_directory(target) as temporary:
                for name, digest in digests.items():
                    store.copy(digest, temporary / name, name)
    return target


def cached(root: Path, digests: Iterable[str]) -> set[str]:
    """Return the MD5s of which DVC's cache has the bytes."""
    with dvc_repo.opened(root) as repo:
        return {digest for digest in digests if Path(repo.cache.local.oid_to_path(digest)).is_file()}


class _Store:
    """The cache of a DVC repository, backed by its remote."""

    def __init__(self, repo: "Repo", commit: Commit) -> None:
        self.repo, self.commit = repo, commit
        self._outs = commit.outs()

    def digest(self, stage: str, name: str) -> str:
        """Return the MD5 of a file that a stage wrote."""
        if stage not in self._outs:
            raise ValueError(f"{self.commit.name}: {stage} has no results at {self.commit.hash[:7]}")
        outs = self._outs[stage].values()
        for out in outs:
            if not out.is_directory and Path(out.path).name == name:
                if not out.md5:
                    raise ValueError(f"{self.commit.name}: {stage} has no MD5 of DVC 3 for {out.path}")
                return out.md5
        for out in outs:
            if out.is_directory and (inside := self._listing(out).get(name)):
                return inside
        raise ValueError(f"{self.commit.name}: {stage} wrote no {name} at {self.commit.hash[:7]}")

    def _listing(self, out: Out) -> dict[str, str]:
        with tempfile.TemporaryDirectory() as directory:
            listing = Path(directory) / out.md5
            self.copy(out.md5, listing, out.path)
            return {entry["relpath"]: entry["md5"] for entry in files.read_json(listing)}

    def copy(self, digest: str, target: Path, name: str) -> None:
        """Copy the bytes of an MD5 to `target`, from the cache or else from the remote, and verify them."""
        cached_path = Path(self.repo.cache.local.oid_to_path(digest))
        if cached_path.is_file():
            shutil.copyfile(cached_path, target)
            if md5(target) == digest.removesuffix(LISTING):
                return
        self._download(digest, target, name)
        if md5(target) != digest.removesuffix(LISTING):
            raise ValueError(
                f"{self.commit.name}: the bytes of {name} in the remote are damaged; push it again from a checkout "
                "that has it"
            )

    def _download(self, digest: str, target: Path, name: str) -> None:
        from dvc.config import NoRemoteError

        try:
            remote = self.repo.cloud.get_remote_odb(command="pull")
        except NoRemoteError:
            raise ValueError(
                f"{self.commit.name}: {name} is not in DVC's cache, and there is no remote to fetch it from; "
                "`dvc remote add -d NAME URL` adds one"
            ) from None
        try:
            remote.fs.get_file(remote.oid_to_path(digest), str(target))
        except FileNotFoundError:
            place = self.repo.cloud.get_remote().path
            raise ValueError(
                f"{self.commit.name}: neither DVC's cache nor the remote {place} has {name}; "
                f"in the checkout that trained it, run: git switch --detach {self.commit.hash[:7]} && dvc push"
            ) from None
