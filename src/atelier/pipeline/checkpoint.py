"""A training's whole state in one file, so that a killed run goes on as if nothing had happened."""

import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

import keras
import numpy as np

from atelier.core import files
from atelier.core.fingerprint import fingerprint
from atelier.core.params.strict import Strict
from atelier.core.spec import Spec

Row = dict[str, float]
_ENDED = "ended"


@dataclass
class Progress:
    """How far a training has come.

    Attributes:
        epoch: epochs finished.
        best_epoch: the epoch, counted from one, with the lowest score so far.
        history: a row of numbers for each epoch; rows may lack columns that are not measured in every epoch.
        monitor: the column that is the score.
        stopped: why training ended before its last epoch; empty if it did not.
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
    """The names of all columns, in the order of their first appearance."""
    return list(dict.fromkeys(name for row in history for name in row))


def workspace(checkpoints: Path, family: str, params: Strict, spec: Spec, judge: str = "") -> Path:
    """The directory of this very training; those of earlier trainings that have ended are removed.

    It is named by all that the result depends on: parameters, data, the digest of the judge that watches, code, and the
    versions of Keras and its backend.
    A training that was interrupted stays, so that going back to its parameters resumes it.
    """
    backend = keras.backend.backend()
    inputs = {
        "family": family,
        "params": params.model_dump(mode="json"),
        "data": spec.sha256,
        "judge": judge,
        "backend": f"{backend} {sys.modules[backend].__version__}",
    }
    directory = checkpoints / fingerprint(inputs)
    directory.mkdir(parents=True, exist_ok=True)
    for other in checkpoints.iterdir():
        if other != directory and (other / _ENDED).exists():
            shutil.rmtree(other)
    return directory


def end(directory: Path) -> None:
    """Mark the training in `directory` as ended."""
    (directory / _ENDED).touch()


def snapshot(variables: list[keras.Variable]) -> list[np.ndarray]:
    """The values of variables, as copies that training does not change (an array of JAX may be a view)."""
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def variables_of(model: keras.Model) -> list[keras.Variable]:
    """Everything that training changes: weights, random seeds and the optimiser's state."""
    return [*model.variables, *model.optimizer.variables]


def save(path: Path, model: keras.Model, best: list[np.ndarray], progress: Progress) -> None:
    """Write the state of a compiled `model` atomically.

    Args:
        best: the model's weights at the best epoch, in the order of ``model.variables``.
    """
    state = {f"variable {i:05}": value for i, value in enumerate(snapshot(variables_of(model)))}
    state |= {f"best {i:05}": value for i, value in enumerate(best)}
    for name in columns(progress.history):
        state[f"history {name}"] = np.asarray([row.get(name, np.nan) for row in progress.history], np.float64)
    state["epochs"] = np.asarray([progress.epoch, progress.best_epoch])
    state["stopped"] = np.asarray(progress.stopped)
    with files.atomic(path) as temporary, temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, **state)


def restore(path: Path, model: keras.Model) -> tuple[list[np.ndarray], Progress]:
    """Read what `save` wrote into a built and compiled `model`; returns the best weights and the progress."""
    with np.load(path, allow_pickle=False) as state:
        for i, variable in enumerate(variables_of(model)):
            variable.assign(state[f"variable {i:05}"])
        best = [state[f"best {i:05}"] for i in range(len(model.variables))]
        epoch, best_epoch = (int(number) for number in state["epochs"])
        names = [key.removeprefix("history ") for key in state.files if key.startswith("history ")]
        values = {name: state[f"history {name}"].tolist() for name in names}
        stopped = str(state["stopped"])
    history = [{name: values[name][i] for name in names if not np.isnan(values[name][i])} for i in range(epoch)]
    return best, Progress(epoch, best_epoch, history, stopped=stopped)
