"""Write parts as `.keras` files, which Keras alone can load on any backend."""

from collections.abc import Iterator
from pathlib import Path

import keras

from atelier.networks.portable import Function, Part, run

PRECISIONS = ("float32", "mixed_bfloat16")


def write(parts: list[Part], directory: Path) -> Iterator[tuple[Part, str, Function]]:
    """Write each part to a file of its name; see `export.FormatModule`."""
    for part in parts:
        path = directory / f"{part.model.name}.keras"
        part.model.save(path)
        yield part, path.name, _read(path, part.outputs)


def _read(path: Path, outputs: tuple[str, ...]) -> Function:
    model = keras.saving.load_model(path, compile=False)
    return lambda *inputs: run(model, outputs, *inputs)
