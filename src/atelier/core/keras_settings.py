"""Keras with the same settings for everybody.

Keras reads `~/.keras/keras.json` and variables when it is imported. They choose the type of floats, the layout of
images and how long a training lasts: results would differ from one person to another. Only the backend can be chosen.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

BACKENDS = ("tensorflow", "jax", "torch")
# Below this, Keras finds no settings and can write none.
_NOWHERE = os.path.join(os.devnull, "keras")
# The same seed gives the same bytes on an accelerator too. (With TF_DETERMINISTIC_OPS Keras refuses XLA.)
_DETERMINISTIC = "--xla_gpu_deterministic_ops=true"
_VARIABLES = ("KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH", "KERAS_NNX_ENABLED")


def install() -> None:
    """Have the settings applied just before Keras is imported; commands that need no Keras are not affected."""
    if _DETERMINISTIC not in os.environ.get("XLA_FLAGS", ""):
        os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {_DETERMINISTIC}".strip()
    # Hide TensorFlow's notices (missing GPUs, CPU features) and warnings; errors stay.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if not any(isinstance(finder, _BeforeKeras) for finder in sys.meta_path):
        sys.meta_path.insert(0, _BeforeKeras())


class _BeforeKeras(MetaPathFinder):
    """Finds nothing itself, but is asked first."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None, /
    ) -> ModuleSpec | None:
        if fullname == "keras":
            try:
                os.environ.update(environment(os.environ))
            except ValueError as error:
                # Scripts import Keras before they can catch an error, and a person's choice deserves no traceback.
                raise SystemExit(f"Error: {error}") from None
            for name in _VARIABLES:
                os.environ.pop(name, None)
        return None


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that give Keras its default settings, with the backend that a person has chosen.

    Raises:
        ValueError: the backend is unknown or not installed; the message names where it was asked for.
    """
    backend, source = variables.get("KERAS_BACKEND"), "KERAS_BACKEND"
    if not backend:
        file = Path(variables.get("KERAS_HOME") or "~/.keras").expanduser() / "keras.json"
        backend, source = _chosen(file), f"{file}: backend"
    installed = [name for name in BACKENDS if PathFinder.find_spec(name)]
    if backend not in installed:
        raise ValueError(
            f"{source}={backend}: this backend of Keras is not installed; installed: {', '.join(installed)}"
        )
    return {"KERAS_HOME": _NOWHERE, "KERAS_BACKEND": backend}


def _chosen(file: Path) -> str:
    """Read the backend from a settings file of Keras; without one it is TensorFlow."""
    try:
        settings = json.loads(file.read_bytes())
    except OSError:
        return BACKENDS[0]
    except ValueError:
        raise ValueError(f"{file}: not JSON, so the backend of Keras is unknown; correct or remove the file") from None
    return str(settings.get("backend", BACKENDS[0])) if isinstance(settings, dict) else BACKENDS[0]
