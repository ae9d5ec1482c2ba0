"""Compare the code manifests of the checkout with those that `dvc.lock` records.

The stage `code` writes the manifests. Here they are computed in memory, so that `atelier why` need not run that stage.
"""

import hashlib
import json
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from atelier.core import files
from atelier.core.code.manifest import Manifest
from atelier.workflow.staleness.pipeline import Pipeline
from atelier.workflow.versions.lock_file import md5

if TYPE_CHECKING:
    from dvc.output import Output
    from dvc.repo import Repo

STAGE = "code"


class CodeManifests:
    """The manifests that stages depend on, as the code of the checkout is now."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        stage = pipeline.stages.get(STAGE)
        written = stage is not None and (Path(pipeline.repo.root_dir) / "stages" / f"{STAGE}.py").is_file()
        self._directory = stage.outs[0] if written and stage else None

    def names(self, dep: "Output") -> bool:
        """Return whether a dependency is a manifest."""
        directory = self._directory
        return directory is not None and dep.fs == directory.fs and dep.fs.isin(dep.fs_path, directory.fs_path)

    def changed_files(self, dep: "Output") -> list[str] | None:
        """Return the files of code that differ from the manifest that `dvc.lock` records, relative to the repository.

        The result is None if the code differs but that manifest is not in the workspace, the cache or the remote.
        """
        assert self._directory is not None
        now = self._manifests.get(dep.fs.relpath(dep.fs_path, self._directory.fs_path).replace("\\", "/"), {})
        recorded = dep.hash_info.value if dep.hash_info else None
        if recorded == hashlib.md5(files.json_text(now).encode(), usedforsecurity=False).hexdigest():
            return []
        before = _read(self.pipeline.repo, dep, recorded)
        if before is None:
            return None
        return sorted(path for path in {*before, *now} if before.get(path) != now.get(path))

    @cached_property
    def _manifests(self) -> dict[str, Manifest]:
        # Imported here: only a checkout with the stage `code` needs it.
        from atelier.core.code.closure import manifests

        return manifests(Path(self.pipeline.repo.root_dir))


def _read(repo: "Repo", dep: "Output", digest: str | None) -> Manifest | None:
    """Read the manifest with this MD5 from the workspace, the cache or the remote."""
    from dvc.config import NoRemoteError

    if digest is None:
        return None
    for path in (Path(dep.fs_path), Path(repo.cache.local.oid_to_path(digest))):
        if path.is_file() and md5(path) == digest:
            return dict(files.read_json(path))
    try:
        remote = repo.cloud.get_remote_odb(command="pull")
        return dict(json.loads(remote.fs.cat_file(remote.oid_to_path(digest))))
    except (NoRemoteError, OSError):
        return None
