"""The whole state of a training in one file, so that a killed run resumes with the same bits."""

import hashlib
import json
import shutil
import sys
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from atelier.core import files
from atelier.core.environment import versions
from atelier.training.plan import Row

_ENDED = "ended"


@dataclass
class Progress:
    """How far a training has come.

    Attributes:
        epoch: number of finished epochs.
        best_epoch: the epoch, counted from one, with the lowest score so far; 0 before the first score.
        history: a row for each epoch; a row lacks the columns that its epoch did not measure.
        monitor: the column that is the score.
        stopped: why training stopped early; empty if it did not.
    """

    epoch: int = 0
    best_epoch: int = 0
    history: list[Row] = field(default_factory=list)
    monitor: str = ""
    stopped: str = ""

    @property
    def best_score(self) -> float:
        return self.history[self.best_epoch - 1][self.monitor] if self.best_epoch else float("inf")


def columns(history: list[Row]) -> list[str]:
    """List the names of all columns in order of first appearance."""
    return list(dict.fromkeys(name for row in history for name in row))


def workspace(checkpoints: Path, inputs: Mapping[str, Any]) -> Path:
    """Make the directory of one training in `checkpoints`, and remove those of other trainings that have ended.

    Its name is a digest of all that the result depends on: `inputs` (JSON values), backend and package versions. The
    directory of an interrupted training stays, so that the same inputs resume it.
    """
    backend = keras.backend.backend()
    everything = {**inputs, "backend": f"{backend} {sys.modules[backend].__version__}", "packages": versions()}
    digest = hashlib.sha256(json.dumps(everything, sort_keys=True).encode()).hexdigest()
    directory = checkpoints / digest[:16]
    directory.mkdir(parents=True, exist_ok=True)
    for other in checkpoints.iterdir():
        if other != directory and (other / _ENDED).exists():
            shutil.rmtree(other)
    return directory


def end(directory: Path) -> None:
    """Mark the training in `directory` as ended."""
    (directory / _ENDED).touch()


def snapshot(variables: list[keras.Variable]) -> list[np.ndarray]:
    """Copy the values of variables (an array of JAX may be a view that training changes)."""
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def assign(variables: list[keras.Variable], values: list[np.ndarray]) -> None:
    """Set the values of variables to those of a snapshot."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _state(model: keras.Model) -> list[keras.Variable]:
    """Return everything that training changes: weights, random seeds and the optimiser's state."""
    return [*model.variables, *model.optimizer.variables]


def save(path: Path, model: keras.Model, best: list[np.ndarray], progress: Progress) -> None:
    """Write the state of a compiled `model`, and `best`, the values of ``model.variables`` in the best epoch."""
    state = {f"variable {i:05}": value for i, value in enumerate(snapshot(_state(model)))}
    state |= {f"best {i:05}": value for i, value in enumerate(best)}
    for name in columns(progress.history):
        state[f"history {name}"] = np.asarray([row.get(name, np.nan) for row in progress.history], np.float64)
    state["epochs"] = np.asarray([progress.epoch, progress.best_epoch])
    state["stopped"] = np.asarray(progress.stopped)
    with files.atomic(path) as temporary, temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, **state)


def resume(path: Path, model: keras.Model) -> tuple[list[np.ndarray], Progress]:
    """Restore a training, or begin anew if there is no state, or a damaged one, which is reported in one line."""
    if path.exists():
        start = snapshot(_state(model))
        try:
            return restore(path, model)
        except PermissionError:
            raise
        except (OSError, ValueError, EOFError, KeyError, IndexError, zipfile.BadZipFile, zlib.error) as error:
            print(f"{path}: damaged, so the training begins anew ({str(error).splitlines()[0] or 'empty'})")
            assign(_state(model), start)
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return [], Progress()


def restore(path: Path, model: keras.Model) -> tuple[list[np.ndarray], Progress]:
    """Read what `save` wrote into a built and compiled `model`; return the best weights and the progress."""
    with path.open("rb") as file, np.load(file, allow_pickle=False) as state:
        assign(_state(model), [state[f"variable {i:05}"] for i in range(len(_state(model)))])
        best = [state[f"best {i:05}"] for i in range(len(model.variables))]
        epoch, best_epoch = (int(number) for number in state["epochs"])
        names = [key.removeprefix("history ") for key in state.files if key.startswith("history ")]
        values = {name: state[f"history {name}"].tolist() for name in names}
        stopped = str(state["stopped"])
    history = [{name: values[name][i] for name in names if not np.isnan(values[name][i])} for i in range(epoch)]
    return best, Progress(epoch, best_epoch, history, stopped=stopped)
