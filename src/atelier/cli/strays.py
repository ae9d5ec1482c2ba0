"""Outputs of runs that a profile has no more: they leave the workspace if DVC's cache can bring them back.

`summarize` and `report` read every run's directory, so one that no run owns would be a stray there.
"""

import shutil
from collections.abc import Iterable
from pathlib import Path


def restorable(root: Path, runs: Iterable[str]) -> tuple[list[Path], list[Path]]:
    """Outputs in the workspace of some runs of the present `params.yaml`.

    Args:
        root: the checkout.
        runs: names in the section `runs`.

    Returns:
        Those that are as `dvc.lock` has them and whole in DVC's cache, and those that are not.
    """
    # Imported here: DVC takes a third of a second to load, and only this question needs it.
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    wanted = set(runs)
    safe: list[Path] = []
    unsafe: list[Path] = []
    if not (root / ".dvc").is_dir():
        return safe, unsafe
    with Repo(str(root)) as repo:
        for stage in repo.index.stages:
            _, _, run = getattr(stage, "name", "").partition("@")
            for out in stage.outs if run in wanted else ():
                path = Path(out.fs_path)
                if not path.exists():
                    continue
                try:
                    same = not out.status() and not out.changed_cache()
                except DvcException:
                    same = False
                (safe if same else unsafe).append(path)
    return safe, unsafe


def remove(paths: Iterable[Path]) -> None:
    """Remove outputs, and the directories that they leave empty."""
    for path in paths:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        if not any(path.parent.iterdir()):
            path.parent.rmdir()
