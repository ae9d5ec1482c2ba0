"""Where the report finds its inputs, and what it says when one is missing."""

import csv
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atelier.core import files
from atelier.params import document
from atelier.params import file as params_file

# Column of a history → one value an epoch; NaN where the file has none (a metric taken every few epochs).
History = dict[str, list[float]]


@dataclass(frozen=True)
class Sources:
    """The paths of everything that the report reads.

    Attributes:
        params, pipeline, metrics: files.
        code: what makes a result what it is, in the eyes of Git.
        prepared, judges: directories with a directory for each dataset.
        models, samples, evaluations, edits: directories with a directory for each run, or each edited run.
    """

    params: Path
    pipeline: Path
    metrics: Path
    code: tuple[Path, ...]
    prepared: Path
    judges: Path
    models: Path
    samples: Path
    evaluations: Path
    edits: Path

    def read_params(self) -> tuple[params_file.Params, dict[str, Any]]:
        """The checked parameters, and the plain data that `dvc.yaml` refers to."""
        raw = document.load(self.params.read_text(encoding="utf-8"), str(self.params))
        return params_file.check(raw), raw


def require(path: Path, stage: str) -> Path:
    """`path` if it is there.

    Raises:
        ValueError: it is not; the message names the stage that makes it.
    """
    if not path.exists():
        raise ValueError(f"{path} is missing; make it with: dvc repro {stage}")
    return path


def read_mapping(path: Path, stage: str) -> dict[str, Any]:
    """A JSON object; raises `ValueError` where the file is missing or holds something else."""
    value = files.read_json(require(path, stage))
    if not isinstance(value, dict):
        raise ValueError(
            f"{path}: got {type(value).__name__}; a JSON object is expected; make it with: dvc repro {stage}"
        )
    return value


def read_history(path: Path, stage: str) -> History:
    """A history as its columns.

    Raises:
        ValueError: the file is missing, empty, or holds something that is no number.
    """
    with require(path, stage).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if not rows:
        raise ValueError(f"{path} has no epochs; make it with: dvc repro {stage}")
    return {column: [_cell(row[column], column, path) for row in rows] for column in rows[0]}


def _cell(cell: str | None, column: str, path: Path) -> float:
    try:
        return float(cell) if cell else math.nan
    except ValueError:
        raise ValueError(f"{path}: {column} is {cell!r}; a number is expected") from None
