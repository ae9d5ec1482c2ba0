"""The metrics and the parameters of the working tree or of a commit."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atelier.params import document, file
from atelier.workflow.versions import revisions
from atelier.workflow.versions.revisions import Commit


@dataclass(frozen=True)
class State:
    """The metrics of each run, as in `metrics.json`, and the plain data of `params.yaml`."""

    metrics: Mapping[str, Mapping[str, Any]]
    params: Mapping[str, Any]


def in_working_tree(root: Path) -> State:
    """Return the state of the working tree, with validated parameters; the metrics are empty without `metrics.json`."""
    params = document.read(root / "params.yaml", "params.yaml")
    file.check(params)
    return State(revisions.metrics_here(root), params)


def at_commit(commit: Commit) -> State:
    """Return the state of a commit; empty where it lacks a file."""
    return State(commit.metrics() or {}, commit.params() or {})
