"""Files of other commits: those that a stage wrote there, from DVC's cache or its remote, verified by their hashes."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atelier.core import files
from atelier.repository import registry, revisions
from atelier.repository.locked import LISTING, Out, md5, outs

# Beside other things that survive a stage; Git and DVC ignore it.
KEPT = Path(".checkpoints") / "versions"


@dataclass(frozen=True)
class Commit:
    """A commit of the checkout at `root`, and what it is called here."""

    root: Path
    hash: str
    name: str

    def text(self, path: str) -> str | None:
        """A file that Git tracks, as this commit has it; None where it has none."""
        return revisions.text(self.root, self.hash, path)

    def outs(self, stage: str) -> dict[str, Out] | None:
        """What a stage wrote, by paths; None where the commit does not have the stage."""
        lock = self.text("dvc.lock")
        return None if lock is None else outs(lock, stage, f"dvc.lock of {self.name}")


def resolve(root: Path, run: str, which: str) -> Commit:
    """The commit that RUN@WHICH means: a version, else a stage such as `prod`, else any name that Git has for one.

    Raises:
        ValueError: it means none; the message lists the versions that there are.
    """
    version = registry.chosen(root, run, which)
    if version is not None:
        return Commit(root, version.commit, f"{run}@{which}")
    found = revisions.commit(root, which)
    if not found:
        own = [f"{of.version}{''.join(f' ({stage})' for stage in of.stages)}" for of in _versions(root, run)]
        raise ValueError(
            f"{run}@{which}: no version, no stage and no commit is called {which!r}; "
            f"versions of {run} are: {', '.join(own) or 'none'}"
        )
    return Commit(root, found, f"{run}@{which}")


def fetch(commit: Commit, wanted: dict[str, Iterable[str]]) -> Path:
    """Bring files that stages wrote at a commit into a directory of their own.

    Args:
        commit: of the checkout.
        wanted: for each stage the names of files, which may lie within a directory that the stage wrote.

    Returns:
        the directory, which holds the files by their names, each as its hash says.

    Raises:
        ValueError: the commit has no such stage or file, or neither cache nor remote has its bytes.
    """
    # Imported here: DVC takes a third of a second to load.
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        with Repo(str(commit.root)) as repo:
            store = _Store(repo, commit)
            digests = {
                name: store.digest(stage, name) for stage, names in sorted(wanted.items()) for name in sorted(names)
            }
            label = hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()[:16]
            target = commit.root / KEPT / label
            if not all((target / name).is_file() and md5(target / name) == of for name, of in digests.items()):
                with files.atomic_directory(target) as temporary:
                    for name, digest in digests.items():
                        store.copy(digest, temporary / name, name)
    except DvcException as error:
        raise ValueError(f"{commit.name}: {' '.join(str(error).split())}") from None
    return target


def cached(root: Path, digests: Iterable[str]) -> set[str]:
    """Those MD5s whose bytes DVC's cache holds.

    Raises:
        ValueError: there is no DVC repository.
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        with Repo(str(root)) as repo:
            return {digest for digest in digests if Path(repo.cache.local.oid_to_path(digest)).is_file()}
    except DvcException as error:
        raise ValueError(" ".join(str(error).split())) from None


class _Store:
    """The cache of a DVC repository, and its remote behind it."""

    def __init__(self, repo: Any, commit: Commit) -> None:
        self.repo, self.commit = repo, commit
        self._outs: dict[str, dict[str, Out]] = {}

    def digest(self, stage: str, name: str) -> str:
        """The MD5 of a file that a stage wrote."""
        if stage not in self._outs:
            found = self.commit.outs(stage)
            if found is None:
                raise ValueError(f"{self.commit.name}: {stage} has no results at {self.commit.hash[:7]}")
            self._outs[stage] = found
        written = self._outs[stage].values()
        for out in written:
            if not out.is_directory and Path(out.path).name == name:
                return out.md5
        for out in written:
            if out.is_directory and (within := self._listing(out).get(name)):
                return within
        raise ValueError(f"{self.commit.name}: {stage} wrote no {name} at {self.commit.hash[:7]}")

    def _listing(self, out: Out) -> dict[str, str]:
        with tempfile.TemporaryDirectory() as place:
            listing = Path(place) / out.md5
            self.copy(out.md5, listing, out.path)
            return {entry["relpath"]: entry["md5"] for entry in files.read_json(listing)}

    def copy(self, digest: str, target: Path, name: str) -> None:
        """Copy the bytes of an MD5 to `target`, from the cache or else from the remote, and verify them."""
        inside = Path(self.repo.cache.local.oid_to_path(digest))
        if inside.is_file():
            shutil.copyfile(inside, target)
            if md5(target) == digest.removesuffix(LISTING):
                return
        self._download(digest, target, name)
        if md5(target) != digest.removesuffix(LISTING):
            raise ValueError(
                f"{self.commit.name}: the remote has other bytes than {name} had; push it anew from where it is whole"
            )

    def _download(self, digest: str, target: Path, name: str) -> None:
        from dvc.config import NoRemoteError

        try:
            remote = self.repo.cloud.get_remote_odb(command="pull")
        except NoRemoteError:
            raise ValueError(
                f"{self.commit.name}: {name} is not in DVC's cache, and there is no remote to fetch it from; "
                "`dvc remote add -d NAME URL` says where one is"
            ) from None
        try:
            remote.fs.get_file(remote.oid_to_path(digest), str(target))
        except FileNotFoundError:
            place = self.repo.cloud.get_remote().path
            raise ValueError(
                f"{self.commit.name}: neither DVC's cache nor the remote {place} has {name}; "
                f"where it was trained, `git switch --detach {self.commit.hash[:7]} && dvc push` brings it there"
            ) from None


def _versions(root: Path, run: str) -> list[registry.Version]:
    return [version for version in registry.versions(root) if version.run == run]
