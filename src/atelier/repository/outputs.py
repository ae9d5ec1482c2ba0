"""What `dvc.lock` names, and whether it is there: in the workspace or in DVC's cache."""

from collections.abc import Collection, Mapping
from pathlib import Path

from atelier.repository.gates import Failure


def missing(
    root: Path, runs: Collection[str] | None = None, elsewhere: Mapping[str, Mapping[str, str]] | None = None
) -> list[Failure]:
    """Stages that `dvc.lock` lacks, and outputs that it names but neither the workspace nor the cache has.

    Args:
        root: the checkout.
        runs: look only at stages of these names (``train@RUN``); None looks at all.
        elsewhere: outputs, for each stage its paths and digests, that need not be here, since who published them has
            sent them to the remote.

    Raises:
        ValueError: DVC cannot read the pipeline.
    """
    # Imported here: DVC takes a third of a second to load.
    from dvc.exceptions import DvcException
    from dvc.repo import Repo
    from dvc.stage import PipelineStage

    found = []
    try:
        with Repo(str(root)) as repo, repo.lock:
            for stage in repo.index.stages:
                if not isinstance(stage, PipelineStage) or not _asked(stage.name, runs):
                    continue
                if any(not out.hash_info for out in stage.outs):
                    found.append(Failure(stage.name, "output", "", f"dvc.lock lacks it; run: dvc repro {stage.name}"))
                    continue
                known = (elsewhere or {}).get(stage.name, {})
                for out in stage.outs:
                    text = _fault(out, known.get(out.def_path, ""))
                    if text:
                        found.append(Failure(stage.name, "output", "", text))
    except DvcException as error:
        raise ValueError(f"DVC cannot read the pipeline: {' '.join(str(error).split())}") from None
    return found


def _asked(name: str, runs: Collection[str] | None) -> bool:
    return runs is None or name.partition("@")[2] in runs


def _fault(out: object, published: str) -> str:
    """What is wrong with an output of DVC's, empty where nothing is."""
    from dvc.output import Output

    assert isinstance(out, Output)
    path, digest = out.def_path, str(out.hash_info.value)
    if out.use_cache and not out.changed_cache():
        return ""
    if out.exists and not out.changed_checksum():
        return ""
    if out.use_cache:
        if digest == published:
            return ""
        return f"{path} as dvc.lock names it is neither in the workspace nor in the cache; `dvc pull` may fetch it"
    if out.exists:
        return f"{path} is not what dvc.lock names; run: dvc repro"
    return f"{path} is missing; `git checkout {path}` or `dvc repro` brings it back"
