"""Compare the installed packages with the lock, which DVC cannot do: it hashes the lock only."""

from pathlib import Path
from typing import TYPE_CHECKING

from atelier.core import environment

if TYPE_CHECKING:
    from dvc.stage import Stage

STAGE = "environment"


def packages_that_differ(stage: "Stage") -> list[str]:
    """Describe the packages whose version is not that of the lock, for the stage `environment`; none for any other."""
    if stage.addressing != STAGE:
        return []
    locks = [Path(dep.fs_path) for dep in stage.deps if dep.fs_path.endswith(".txt")]
    try:
        installed = environment.versions()
    except ValueError as error:
        return [str(error)]
    return [text for lock in locks for text in environment.differing(installed, environment.locked(lock))]
