"""A network that works without this package, and what it is compared with once it is written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

# What a network computes: each output by its name.
Outputs = dict[str, np.ndarray]
# Of one array for each input, in their order.
Function = Callable[..., Outputs]


@dataclass(frozen=True)
class Input:
    """An input of a part: its name, the shape of one example, with None where any length is allowed, and examples."""

    name: str
    shape: tuple[int | None, ...]
    examples: np.ndarray


@dataclass(frozen=True)
class Part:
    """A model that maps arrays to arrays, batch first, and does not need this package.

    Attributes:
        signature: what it does, a verb such as ``decode``, or the name of its result.
        model: its name is that of its file.
        inputs: with the examples to compare it with its origin on.
        outputs: names.
        reference: what the network that it was taken from computes.
    """

    signature: str
    model: keras.Model
    inputs: tuple[Input, ...]
    outputs: tuple[str, ...]
    reference: Function

    @property
    def examples(self) -> list[np.ndarray]:
        return [each.examples for each in self.inputs]


def run(model: keras.Model, names: tuple[str, ...], *inputs: np.ndarray) -> Outputs:
    """Compute the outputs of a model, all examples at once, by their names."""
    outputs = keras.tree.flatten(model.predict(together(inputs), batch_size=len(inputs[0]), verbose=0))
    return dict(zip(names, outputs, strict=True))


def together(inputs: Sequence[Any]) -> Any:
    """Return inputs as the one argument that a model takes: a list if there are several."""
    return inputs[0] if len(inputs) == 1 else list(inputs)
