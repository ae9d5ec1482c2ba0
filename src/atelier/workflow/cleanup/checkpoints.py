"""Files in `.checkpoints/` that are no longer needed: training states, logs, fetched versions of models.

A stage's command contains its directory (``--checkpoints .checkpoints/runs/mnist-vae``). The state of a stage that DVC
would run again is kept, because an interrupted training continues from it.
"""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from atelier.workflow.cleanup.files import Removable

if TYPE_CHECKING:
    from dvc.repo import Repo

PLACE = ".checkpoints"
LOGS, VERSIONS = "logs", "versions"


def find(repo: "Repo", root: Path) -> list[Removable]:
    """Return states and logs of stages that are up to date or no longer exist, and fetched versions."""
    from dvc.stage import PipelineStage

    place = root / PLACE
    if not place.is_dir():
        return [Removable(kind, (), 0) for kind in ("checkpoints", LOGS, VERSIONS)]
    stages = {stage.name: stage for stage in repo.index.stages if isinstance(stage, PipelineStage)}
    with repo.lock:
        up_to_date = {name for name, stage in stages.items() if not stage.changed(allow_missing=True)}
    owners: dict[Path, list[str]] = {}
    for name, stage in stages.items():
        for word in shlex.split(stage.cmd if isinstance(stage.cmd, str) else " ".join(stage.cmd or ())):
            if word.startswith(f"{PLACE}/"):
                owners.setdefault(root / word, []).append(name)
    # A directory beside `.checkpoints/runs/mnist-vae` is the state of a run that no longer exists.
    parents = {path.parent for path in owners} - {place}
    states = {path for parent in parents for path in _children(parent)} | {path for path in owners if path.exists()}
    logs = [path for path in _children(place / LOGS) if path.suffix == ".log"]
    return [
        Removable.of("checkpoints", [path for path in states if up_to_date.issuperset(owners.get(path, ()))]),
        Removable.of(LOGS, [p for p in logs if p.stem in up_to_date or p.stem not in stages]),
        Removable.of(VERSIONS, _children(place / VERSIONS)),
    ]


def _children(directory: Path) -> list[Path]:
    return list(directory.iterdir()) if directory.is_dir() else []
