"""What stages leave beside their outputs, in `.checkpoints/`: states of training, logs, versions of others' commits.

Which stage a directory belongs to its command says (``--checkpoints .checkpoints/runs/mnist-vae``). The state of a
stage that DVC would run again is what an interrupted training goes on from, and stays.
"""

import shlex
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from atelier.repository.garbage import Freeable

if TYPE_CHECKING:
    from dvc.repo import Repo
    from dvc.stage import PipelineStage

PLACE = ".checkpoints"
LOGS, VERSIONS = "logs", "versions"


def find(repo: "Repo", root: Path) -> list[Freeable]:
    """Checkpoints and logs of stages that are done or have left, and versions that were fetched.

    Raises:
        ValueError: whether a stage is done cannot be told.
    """
    place = root / PLACE
    if not place.is_dir():
        return [Freeable(kind, (), 0) for kind in ("checkpoints", LOGS, VERSIONS)]
    done = _done(repo)
    owners: dict[Path, list[str]] = {}
    for name, stage in _stages(repo).items():
        for word in shlex.split(stage.cmd if isinstance(stage.cmd, str) else " ".join(stage.cmd or ())):
            if word.startswith(f"{PLACE}/"):
                owners.setdefault(root / word, []).append(name)
    # Beside `.checkpoints/runs/mnist-vae` that of a run which left is known by its place.
    kinds = {path.parent for path in owners} - {place}
    states = {path for kind in kinds for path in _children(kind)} | {path for path in owners if path.exists()}
    idle = [path for path in states if all(name in done for name in owners.get(path, ()))]
    present = set(_stages(repo))
    logs = [path for path in _children(place / LOGS) if path.stem in done or path.stem not in present]
    found = {"checkpoints": idle, LOGS: logs, VERSIONS: _children(place / VERSIONS)}
    return [Freeable(kind, tuple(sorted(paths)), sum(map(size, paths))) for kind, paths in found.items()]


def remove(paths: Iterable[Path]) -> None:
    """Remove files and directories."""
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def size(path: Path) -> int:
    """Bytes of a file, or of all files below a directory; links count as themselves."""
    if path.is_symlink() or not path.is_dir():
        return path.lstat().st_size
    return sum(part.lstat().st_size for part in path.rglob("*") if part.is_symlink() or not part.is_dir())


def _stages(repo: "Repo") -> dict[str, "PipelineStage"]:
    from dvc.stage import PipelineStage

    return {stage.name: stage for stage in repo.index.stages if isinstance(stage, PipelineStage)}


def _done(repo: "Repo") -> set[str]:
    """The stages that are as `dvc.lock` has them, whether or not their outputs are here."""
    from dvc.exceptions import DvcException

    try:
        with repo.lock:
            return {name for name, stage in _stages(repo).items() if not stage.changed(allow_missing=True)}
    except DvcException as error:
        raise ValueError(f"DVC cannot read the pipeline: {' '.join(str(error).split())}") from None


def _children(directory: Path) -> list[Path]:
    return sorted(directory.iterdir()) if directory.is_dir() else []
