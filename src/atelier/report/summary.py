"""The numbers of all runs in one small file that Git tracks and `dvc metrics diff` reads."""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from atelier.core import files

Metrics = dict[str, dict[str, float]]


def gather(evaluations: Path, edits: Path, runs: Iterable[str], edited: Iterable[str]) -> Metrics:
    """Collect `RUN/metrics.json` of every run and every edited run, runs and metrics sorted by name.

    Args:
        evaluations, edits: directories with a directory for each of them.
        runs, edited: those of the parameter file.

    Raises:
        ValueError: a run has no metrics, a directory has no run, or a metric is no finite number.
    """
    metrics: Metrics = {}
    for directory, section, stage, names in (
        (evaluations, "runs", "evaluate", set(runs)),
        (edits, "edits", "edit", set(edited)),
    ):
        # A name with a dot is what a killed stage left under a temporary name.
        present = {path.name for path in directory.glob("[!.]*") if path.is_dir()}
        for run in sorted(present - names):
            raise ValueError(
                f"{directory / run} belongs to no run of the parameter file; remove it (rm -r {directory / run}) "
                f"or add {section}.{run}; {section} are: {', '.join(sorted(names)) or 'none'}"
            )
        for run in sorted(names):
            metrics.setdefault(run, {}).update(_metrics(directory / run / "metrics.json", f"{stage}@{run}"))
    return {run: dict(sorted(values.items())) for run, values in sorted(metrics.items())}


def read(path: Path) -> Metrics:
    """Read what `gather` collected.

    Raises:
        ValueError: the file is missing or holds something else.
    """
    if not path.is_file():
        raise ValueError(f"{path} is missing; make it with: dvc repro summarize")
    return check(files.read_json(path), str(path))


def check(value: Any, name: str) -> Metrics:
    """`value` if it is ``{run: {metric: finite number}}``; else `ValueError`, which begins with `name`."""
    if not isinstance(value, dict):
        raise ValueError(f"{name}: got {value!r}; a mapping of runs to metrics is expected")
    return {run: _numbers(metrics, f"{name}: {run}") for run, metrics in value.items()}


def _metrics(path: Path, stage: str) -> dict[str, float]:
    if not path.is_file():
        raise ValueError(f"{path} is missing; make it with: dvc repro {stage}")
    return _numbers(files.read_json(path), str(path))


def _numbers(metrics: Any, name: str) -> dict[str, float]:
    if not isinstance(metrics, dict):
        raise ValueError(f"{name}: got {metrics!r}; a mapping of metrics to numbers is expected")
    for key, value in metrics.items():
        # A bool is an int in Python, but no metric.
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise ValueError(
                f"{name}: {key} is {value!r}; every metric is a finite number. A NaN comes from a training that "
                f"diverged: look at its history.csv, lower its learning rate, and repeat train and evaluate"
            )
    return metrics
