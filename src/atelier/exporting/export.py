"""Write a trained network in a format that works without this package, and compare it with its origin."""

from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np

from atelier.core import lookup
from atelier.exporting.formats import Format
from atelier.exporting.written import Array, Exported
from atelier.networks.network import Network
from atelier.networks.portable import Function, Outputs, Part, run

# Largest difference in grey levels, and of other outputs relative to the largest value, by the precision of the layers.
GREY_LEVELS = 1
RELATIVE = {"float32": 1e-4, "mixed_bfloat16": 2e-2}


class FormatModule(Protocol):
    """A module of this package that writes one format.

    Attributes:
        PRECISIONS: the dtype policies that a network may have; one with another is converted to float32.
    """

    PRECISIONS: tuple[str, ...]

    def write(self, parts: list[Part], directory: Path) -> Iterator[tuple[Part, str, Function]]:
        """Write parts to `directory`.

        Yield each part, and others made from them, with the name of the file (empty for the whole directory) and the
        function that it contains, which is read again from there.
        """


def export(network: Network, chosen: Format, directory: Path) -> list[Exported]:
    """Write a network to `directory`, compare what was written with its origin, and describe it.

    Raises:
        ValueError: the family cannot be exported, or what was written computes something else.
    """
    module: Any = import_module(f"atelier.exporting.{chosen.module}")
    parts = lookup.module("families", network.family, "export").parts(network)
    precision, rounding = network.precision, {}
    if precision not in module.PRECISIONS:
        precision = "float32"
        converted = [_in_float32(part) for part in parts]
        for part, own in zip(converted, parts, strict=True):
            rounding[part.signature] = difference(part.reference(*part.examples), own.reference(*part.examples))
        parts = converted
    found = []
    for part, file, written in module.write(parts, directory):
        outputs = written(*part.examples)
        distance = difference(part.reference(*part.examples), outputs)
        exported = Exported(
            signature=part.signature,
            file=file,
            inputs=tuple(Array(each.name, each.examples.dtype.name, each.shape) for each in part.inputs),
            outputs=tuple(Array.of(name, output) for name, output in outputs.items()),
            weights=part.model.count_params(),
            examples=len(part.examples[0]),
            difference=distance,
            rounding=rounding.get(part.signature),
        )
        if not distance <= (GREY_LEVELS if exported.of_pixels else RELATIVE[precision]):
            unit = "grey levels" if exported.of_pixels else "of the largest value"
            raise ValueError(
                f"{part.signature}: the export differs from the network by {distance:.3g} {unit}, so it was not kept"
            )
        found.append(exported)
    return found


def difference(expected: Outputs, came: Outputs) -> float:
    """Return the largest difference: in grey levels of uint8 outputs, else relative to the output's largest value.

    Outputs of other names, shapes or dtypes, and outputs that are not finite, differ infinitely.
    """
    if expected.keys() != came.keys():
        return float("inf")
    return max(_distance(expected[name], came[name]) for name in expected)


def _distance(expected: np.ndarray, came: np.ndarray) -> float:
    if expected.shape != came.shape or expected.dtype != came.dtype:
        return float("inf")
    distance = np.abs(came.astype(np.float64) - expected).max()
    scale = 1.0 if expected.dtype == np.uint8 else max(np.abs(expected).max(), 1e-6)
    return float(distance / scale) if np.isfinite(distance) else float("inf")


def _in_float32(part: Part) -> Part:
    """Return a part whose layers all compute in float32, with the same weights."""

    def converted(layer: keras.Layer) -> keras.Layer:
        options = layer.get_config()
        if layer.compute_dtype != layer.variable_dtype:
            options["dtype"] = "float32"
        return type(layer).from_config(options)

    model = keras.models.clone_model(part.model, clone_function=converted)
    model.set_weights(part.model.get_weights())
    return replace(part, model=model, reference=lambda *inputs: run(model, part.outputs, *inputs))
