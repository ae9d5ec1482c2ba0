"""What `dvc.lock` knows about given weights: the parameters that trained them, and whether scores are theirs."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from atelier.workflow.versions import lock_file, revisions


@dataclass(frozen=True)
class Record:
    """The history of the weights of a run.

    Attributes:
        train: section `train` of the run that they were trained with; empty if the lock does not have them.
        metrics: their scores; empty if `unscored` says why they have none.
    """

    train: Mapping[str, Any]
    metrics: Mapping[str, float]
    unscored: str


def record(run: str, weights: str, lock: str | None, metrics: str | None) -> Record:
    """Find out what a lock and metrics say about weights.

    Args:
        run: the run.
        weights: MD5 of its weights.
        lock: the text of `dvc.lock`; None if there is none.
        metrics: the text of `metrics.json`.
    """
    stages = (lock_file.parse(lock, lock_file.FILE).get("stages") or {}) if lock else {}
    try:
        trained, evaluated = stages.get(f"train@{run}") or {}, stages.get(f"evaluate@{run}") or {}
        params = trained.get("params", {}).get("params.yaml", {}) if weights in _md5s(trained, "outs") else {}
        train = dict(params.get(f"runs.{run}.train") or {})
        scored = weights in _md5s(evaluated, "deps")
        recorded = _md5s(stages.get("summarize") or {}, "outs")
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ValueError(
            f"{lock_file.FILE}: not as DVC writes it; `git checkout {lock_file.FILE}` restores it"
        ) from None
    unscored = ""
    if not scored:
        unscored = f"{lock_file.FILE} has no evaluation of these weights"
    elif metrics is None or hashlib.md5(metrics.encode(), usedforsecurity=False).hexdigest() not in recorded:
        unscored = f"{revisions.METRICS} is not as {lock_file.FILE} records it"
    elif run not in (scores := revisions.parse_metrics(metrics, revisions.METRICS)):
        unscored = f"{revisions.METRICS} has no {run}"
    return Record(train, {} if unscored else scores[run], unscored)


def _md5s(stage: dict[str, Any], kind: str) -> set[str]:
    return {str(entry.get("md5")) for entry in stage.get(kind) or ()}
