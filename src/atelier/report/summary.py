"""The metrics of all runs in one file, which Git tracks and `dvc metrics diff` compares."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from atelier.core import files
from atelier.report.sources import require

Metrics = dict[str, dict[str, float]]


def gather(evaluations: Path, edits: Path, runs: Iterable[str], edited: Iterable[str]) -> Metrics:
    """Collect `RUN/metrics.json` of `runs` and of `edited` runs, with runs and metrics sorted by name.

    Raises:
        ValueError: a run has no metrics, a directory belongs to no run, or a metric is not a finite number.
    """
    metrics: Metrics = {}
    for directory, section, stage, names in (
        (evaluations, "runs", "evaluate", set(runs)),
        (edits, "edits", "edit", set(edited)),
    ):
        # Names that begin with a dot are temporary directories of stages that were killed.
        present = {path.name for path in directory.glob("[!.]*") if path.is_dir()}
        for run in sorted(present - names):
            raise ValueError(
                f"{directory / run} belongs to no run of the parameter file; remove it (rm -r {directory / run}) "
                f"or add {section}.{run}; {section} are: {', '.join(sorted(names)) or 'none'}"
            )
        for run in sorted(names):
            path = require(directory / run / "metrics.json", f"{stage}@{run}")
            metrics.setdefault(run, {}).update(_numbers(files.read_json(path), str(path)))
    return {run: dict(sorted(values.items())) for run, values in sorted(metrics.items())}


def read(path: Path) -> Metrics:
    """Read the result of `gather`; raise `ValueError` if the file is missing or has other content."""
    return check(files.read_json(require(path, "summarize")), str(path))


def check(value: Any, name: str) -> Metrics:
    """Return `value` if it is ``{run: {metric: finite number}}``; else raise a `ValueError` that begins with `name`."""
    if not isinstance(value, dict):
        raise ValueError(f"{name}: got {value!r}; allowed is a mapping of runs to metrics")
    return {run: _numbers(metrics, f"{name}: {run}") for run, metrics in value.items()}


def _numbers(metrics: Any, name: str) -> dict[str, float]:
    if not isinstance(metrics, dict):
        raise ValueError(f"{name}: got {metrics!r}; allowed is a mapping of metrics to numbers")
    for key, value in metrics.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= sys.float_info.max:
            raise ValueError(
                f"{name}: {key}: got {value!r}; allowed is a finite number. NaN means that a training diverged: "
                f"check its history.csv, lower its learning rate, and repeat train and evaluate"
            )
    return metrics
