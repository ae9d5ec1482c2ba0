"""The whole state of a training in one file, so that a killed run resumes with the same bits."""

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from atelier.core import files
from atelier.core.environment import versions
from atelier.training.plan import Row

PREVIEWS = "previews"
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
        previews: SHA-256 of each file in ``previews/``, by name.
    """

    epoch: int = 0
    best_epoch: int = 0
    history: list[Row] = field(default_factory=list)
    monitor: str = ""
    stopped: str = ""
    previews: dict[str, str] = field(default_factory=dict)

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
    state["previews"] = np.asarray([f"{name} {digest}" for name, digest in progress.previews.items()], np.str_)
    with files.atomic(path) as temporary, temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, **state)


def resume(path: Path, model: keras.Model, monitor: str) -> tuple[list[np.ndarray], Progress]:
    """Restore a training, or begin anew if there is no state, or a damaged one, which is reported in one line."""
    if not os.path.lexists(path):
        return [], Progress()
    try:
        return restore(path, model, monitor)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error).partition("\n")[0]
        print(f"{path}: damaged, so the training begins anew ({reason})")
        # What is in its place may be a directory, which a file cannot replace.
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        return [], Progress()


def restore(path: Path, model: keras.Model, monitor: str) -> tuple[list[np.ndarray], Progress]:
    """Read what `save` wrote into a built and compiled `model`; return the best weights and the progress.

    Raises:
        OSError: the file cannot be read.
        ValueError: it does not contain the state of this training, or a preview is damaged. The model is unchanged.
    """
    state = files.read_arrays(path)
    now = snapshot(_state(model))
    try:
        values = [state[f"variable {i:05}"] for i in range(len(now))]
        epoch, best_epoch = (int(number) for number in state["epochs"])
        best = [state[f"best {i:05}"] for i in range(len(model.variables) if best_epoch else 0)]
        names = [key.removeprefix("history ") for key in state if key.startswith("history ")]
        columns = {name: state[f"history {name}"].tolist() for name in names}
        history = [{name: columns[name][i] for name in names if not np.isnan(columns[name][i])} for i in range(epoch)]
        progress = Progress(epoch, best_epoch, history, stopped=str(state["stopped"]))
        progress.previews = dict(str(entry).split(" ") for entry in state["previews"])
    except (KeyError, IndexError, TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"not the state of a training: {error!r}") from None
    fitting = [(value.shape, value.dtype) for value in now]
    came = [(value.shape, value.dtype) for value in values]
    if came != fitting or [(value.shape, value.dtype) for value in best] != fitting[: len(best)]:
        raise ValueError("the state of another network")
    if [row.get("epoch") for row in history] != list(range(1, epoch + 1)) or not 0 <= best_epoch <= epoch:
        raise ValueError(f"not the history of {epoch} epochs")
    if best_epoch and monitor not in history[best_epoch - 1]:
        raise ValueError(f"no {monitor} in the history")
    for name, digest in progress.previews.items():
        preview = path.parent / PREVIEWS / name
        if not preview.is_file() or files.sha256(preview) != digest:
            raise ValueError(f"{PREVIEWS}/{name} is not as it was written")
    assign(_state(model), values)
    return best, progress
