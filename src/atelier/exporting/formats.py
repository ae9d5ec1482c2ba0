"""The formats of an export, and what each of them needs; importing this loads no Keras."""

import os
from dataclasses import dataclass
from importlib.util import find_spec

from atelier.core import keras_settings, lookup
from atelier.params import file


@dataclass(frozen=True)
class Format:
    """A format.

    Attributes:
        module: the module of `atelier.exporting` that writes it.
        modalities: the modalities whose networks it can hold.
        backends: the backends of Keras that can write it; empty for all.
        packages: optional packages that it needs, all in the extra of its name.
    """

    module: str
    modalities: tuple[str, ...]
    backends: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()


FORMATS = {
    "keras": Format("keras_files", ("images",)),
    "saved_model": Format("tensorflow_saved_model", ("images", "text"), backends=("tensorflow",)),
    "onnx": Format("onnx_files", ("images",), ("tensorflow",), ("onnx", "onnxruntime", "tf2onnx")),
}


def require(name: str, run: str, family: str) -> Format:
    """Return a format; raise `ValueError` if it cannot hold a run of this family, or lacks a package or backend."""
    exportable = lookup.names("families", "export")
    if family not in exportable:
        raise ValueError(
            f"{run}: networks of the family {family} cannot be exported; families that can: {', '.join(exportable)}"
        )
    chosen, modality = FORMATS[name], file.modality(family)
    if modality not in chosen.modalities:
        allowed = ", ".join(other for other, fitting in FORMATS.items() if modality in fitting.modalities)
        raise ValueError(
            f"--format {name}: {run} is a run of {modality}, whose layers are this package's own; "
            f"allowed for {modality}: {allowed}"
        )
    backend = keras_settings.environment(os.environ)["KERAS_BACKEND"]
    if chosen.backends and backend not in chosen.backends:
        raise ValueError(
            f"--format {name} needs KERAS_BACKEND={chosen.backends[0]}, got {backend}; "
            "a network trained on any backend can be exported with it"
        )
    if missing := [package for package in chosen.packages if find_spec(package) is None]:
        raise ValueError(
            f"--format {name} needs {', '.join(missing)}, not installed here; install this project's extra `{name}`: "
            f"uv pip install --editable '.[{name}]'"
        )
    return chosen
