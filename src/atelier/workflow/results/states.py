"""The numbers of the working tree or of a commit, with the parameters that they come from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atelier.params import document, file
from atelier.workflow.versions import revisions
from atelier.workflow.versions.revisions import Commit

Metrics = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class State:
    """Numbers and parameters.

    Attributes:
        metrics: for each run its metrics, as in `metrics.json`.
        params: the plain data of `params.yaml`.
    """

    metrics: Metrics
    params: Mapping[str, Any]


def in_working_tree(root: Path) -> State:
    """Return the state of the working tree; without metrics if there is no `metrics.json`.

    Raises:
        ValueError: a file cannot be read, or the parameters are invalid.
    """
    params = document.load((root / "params.yaml").read_text(encoding="utf-8"), "params.yaml")
    file.check(params)
    return State(revisions.metrics_here(root), params)


def at_commit(commit: Commit) -> State:
    """Return the state of a commit; empty where it lacks a file."""
    return State(commit.metrics() or {}, commit.params() or {})
