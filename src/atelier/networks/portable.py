"""A network that works without this package, and what it is compared with once it is written."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np

# What a network computes: each output by its name.
Outputs = dict[str, np.ndarray]
Function = Callable[[np.ndarray], Outputs]


@dataclass(frozen=True)
class Part:
    """A model that maps one array to one or several, batch first, and does not need this package.

    Attributes:
        signature: what it does, a verb such as ``decode``, or the name of its result.
        model: its name is that of its file.
        input, outputs: names.
        shape: of one input; None where any length is allowed.
        example: an input to compare it with its origin on.
        reference: what the network that it was taken from computes for an input.
    """

    signature: str
    model: keras.Model
    input: str
    shape: tuple[int | None, ...]
    outputs: tuple[str, ...]
    example: np.ndarray
    reference: Function


def run(model: keras.Model, names: tuple[str, ...], inputs: np.ndarray) -> Outputs:
    """Compute the outputs of a model, all inputs at once, by their names."""
    outputs = keras.tree.flatten(model.predict(inputs, batch_size=len(inputs), verbose=0))
    return dict(zip(names, outputs, strict=True))
