"""Check that the outputs in `dvc.lock` exist in the workspace or in DVC's cache."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from atelier.workflow import dvc_repo
from atelier.workflow.results.gates import Failure
from atelier.workflow.versions.lock_file import Out

if TYPE_CHECKING:
    from dvc.output import Output


def missing(
    root: Path, runs: Collection[str] | None = None, published: Mapping[str, Mapping[str, Out]] | None = None
) -> list[Failure]:
    """Return a failure for each stage that `dvc.lock` lacks, and for each output that exists nowhere.

    Args:
        root: the checkout.
        runs: check only stages with one of these names after ``@``; None means all stages.
        published: outputs of another commit, by stage and path; they may be in the remote only.
    """
    with dvc_repo.opened(root) as repo, repo.lock:
        from dvc.stage import PipelineStage

        found = []
        for stage in repo.index.stages:
            if not isinstance(stage, PipelineStage) or not (runs is None or stage.name.partition("@")[2] in runs):
                continue
            if any(not out.hash_info for out in stage.outs):
                faults = [f"not in dvc.lock; run: dvc repro {stage.name}"]
            else:
                known = (published or {}).get(stage.name, {})
                faults = [fault for out in stage.outs if (fault := _fault(out, known.get(out.def_path)))]
            found += [Failure(stage.name, "output", "", fault) for fault in faults]
    return found


def _fault(out: "Output", published: Out | None) -> str:
    path = out.def_path
    if (out.use_cache and not out.changed_cache()) or (out.exists and not out.changed_checksum()):
        return ""
    if out.use_cache:
        if published is not None and published.md5 == out.hash_info.value:
            return ""
        return f"{path} as in dvc.lock is neither in the workspace nor in the cache; `dvc pull` may fetch it"
    if out.exists:
        return f"{path} differs from dvc.lock; run: dvc repro"
    return f"{path} is missing; `git checkout {path}` or `dvc repro` restores it"
