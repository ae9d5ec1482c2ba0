"""The report's inputs, and readers whose errors name the stage that writes a missing input."""

import csv
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atelier.core import files
from atelier.core.spec import Spec
from atelier.params import document
from atelier.params import file as params_file

# Column of a history → one value for each epoch; NaN where the metric was not measured.
History = dict[str, list[float]]


@dataclass(frozen=True)
class Sources:
    """The paths of all that the report reads; the last commit of `code` is shown as that of the results."""

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
    profiles: Path

    def read_params(self) -> tuple[params_file.Params, dict[str, Any]]:
        """Return the checked parameters, and the plain data that `dvc.yaml` refers to."""
        raw = document.read(self.params)
        return params_file.check(raw), raw


def require(path: Path, stage: str) -> Path:
    """Return `path` if it exists; else raise a `ValueError` that names the stage that writes it."""
    if not path.exists():
        raise ValueError(f"{path} is missing; make it with: dvc repro {stage}")
    return path


def read_mapping(path: Path, stage: str, *keys: str) -> dict[str, Any]:
    """Read a JSON object with some keys; raise `ValueError` if the file is missing or has other content."""
    return files.read_record(require(path, stage), *keys)


def read_spec(path: Path, stage: str) -> dict[str, Any]:
    """Read `spec.json` as JSON; raise `ValueError` if it does not describe a dataset."""
    Spec.read(require(path, stage))
    return read_mapping(path, stage)


def read_history(path: Path, stage: str) -> History:
    """Read the columns of a history; raise `ValueError` if it is missing, is empty, or has a cell without a number."""
    names, *rows = read_rows(require(path, stage)) or [[]]
    if not rows:
        raise ValueError(f"{path} has no epochs; make it with: dvc repro {stage}")
    if wrong := [row for row in rows if len(row) != len(names)]:
        raise ValueError(f"{path}: got a row of {len(wrong[0])} cells for {len(names)} columns; {files.RESTORE}")
    return {name: [_cell(row[i], name, path) for row in rows] for i, name in enumerate(names)}


def read_rows(path: Path) -> list[list[str]]:
    """Read the cells of a CSV file, without empty lines; the ValueError for other content names the file."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [row for row in csv.reader(file) if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is not a table: {error}; {files.RESTORE}") from None


def _cell(cell: str, column: str, path: Path) -> float:
    try:
        return float(cell) if cell else math.nan
    except ValueError:
        raise ValueError(f"{path}: {column}: got {cell!r}; allowed is a number") from None
