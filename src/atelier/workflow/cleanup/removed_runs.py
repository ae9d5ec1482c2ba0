"""Outputs of runs that a profile removes from `params.yaml`.

`summarize` and `report` read the directories of all runs, so the outputs of a removed run must be removed too. Those
that DVC's cache cannot restore are kept.
"""

from collections.abc import Iterable
from pathlib import Path

from atelier.workflow import dvc_repo
from atelier.workflow.cleanup import files


def restorable(root: Path, runs: Iterable[str]) -> tuple[list[Path], list[Path]]:
    """List the outputs of these runs in the workspace: first those that DVC's cache can restore, then the others."""
    wanted = set(runs)
    safe: list[Path] = []
    unsafe: list[Path] = []
    if not wanted or not (root / ".dvc").is_dir():
        return safe, unsafe
    with dvc_repo.opened(root) as repo:
        from dvc.exceptions import DvcException

        for stage in repo.index.stages:
            _, _, run = getattr(stage, "name", "").partition("@")
            for out in stage.outs if run in wanted else ():
                path = Path(out.fs_path)
                if not path.exists():
                    continue
                try:
                    unchanged = not out.status() and not out.changed_cache()
                except DvcException:
                    unchanged = False
                (safe if unchanged else unsafe).append(path)
    return safe, unsafe


def remove(paths: Iterable[Path]) -> None:
    """Remove outputs, and the directories that become empty."""
    for path in paths:
        files.remove([path])
        if not any(path.parent.iterdir()):
            path.parent.rmdir()
