"""Add layers to a graph for the operations of TensorFlow on tensors whose batch size is unknown."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import keras
import numpy as np

from atelier.families.adopted import layers
from atelier.families.adopted.graph import Graph
from atelier.families.adopted.network import MAX_NUMBERS
from atelier.families.adopted.params import Layer
from atelier.families.adopted.saved_models.constants import Constant
from atelier.networks.weights import Shapes


@dataclass(frozen=True)
class Tensor:
    """A tensor of the graph of layers, ``(n, *shape)``.

    Attributes:
        rows: if not 1, it is ``(n · rows, *shape[1:])`` in TensorFlow's graph, as where a dense layer is applied to
            each pixel.
    """

    index: int
    shape: tuple[int, ...]
    rows: int = 1

    @property
    def whole(self) -> tuple[int, ...]:
        """The shape in TensorFlow's graph; −1 stands for the size of the batch, −rows for its multiple."""
        return (-self.rows, *self.shape[self.rows > 1 :])

    def axis(self, number: int) -> int:
        """Return the axis of the layers' tensor for one of TensorFlow's."""
        number = int(number) + len(self.whole) if number < 0 else int(number)
        if not 0 < number < len(self.whole):
            raise ValueError(f"the axis {number} of {self.whole} is not one of an example")
        return number + (self.rows > 1)


@dataclass(frozen=True)
class Noise:
    """Standard normal numbers, possibly times a standard deviation."""

    deviation: Tensor | None = None


@dataclass(frozen=True)
class IsNegative:
    """Whether an index is negative, which would count from the end."""

    of: Tensor


@dataclass(frozen=True)
class Variable:
    """A variable, by the name of its node in the main graph."""

    name: str


Value = Tensor | Constant | Noise | IsNegative | Variable
LETTERS = {Tensor: "t", Constant: "c", Noise: "n", IsNegative: "i", Variable: "v"}


class Call(NamedTuple):
    """A call of a layer, with its weights."""

    layer: Layer
    inputs: tuple[Tensor, ...]
    weights: tuple[Constant, ...]


class Builder:
    """Adds layers to a graph.

    Attributes:
        memory: bytes that weights, and what is computed from constants, may still take.
        calls: of layers, by the tensor that they compute; each layer is called once.
    """

    def __init__(self, memory: int) -> None:
        self.graph, self.memory = Graph(), memory
        self.calls: dict[int, Call] = {}

    def reserve(self, constant: Constant) -> Constant:
        """Count numbers in float32; a `ValueError` says that they take too much memory."""
        self.memory -= 4 * constant.value.size
        if self.memory < 0:
            raise ValueError("needs much more memory for weights than the files have")
        return constant

    def layer(self, kind: str, options: dict[str, Any], *inputs: Tensor, weights: Sequence[Constant] = ()) -> Tensor:
        """Add the call of a new layer; a `ValueError` says that it does not fit its inputs."""
        layer = Layer(kind=kind, options=options)
        if len({(len(x.shape), x.rows) for x in inputs}) != 1:
            raise ValueError(f"has inputs of the shapes {', '.join(str(x.whole) for x in inputs)}")
        shapes = [(None, *x.shape) for x in inputs]
        made = layers.make(layer, len(self.graph.layers))
        shape = tuple(made.compute_output_shape(shapes if kind in layers.MERGING else shapes[0]))[1:]
        if math.prod(shape) > MAX_NUMBERS:
            raise ValueError(f"computes {shape}; allowed are at most {MAX_NUMBERS} numbers")
        result = self.graph.call(None, layer, [x.index for x in inputs])
        self.calls[result] = Call(layer, inputs, tuple(map(self.reserve, weights)))
        return Tensor(result, shape, inputs[0].rows)

    def reshape(self, x: Tensor, shape: Sequence[int]) -> Tensor:
        """Add a change of shape, as TensorFlow writes it: one size besides the batch may be −1."""
        sizes = [int(size) for size in shape]
        if not sizes or sizes[0] >= 0:
            raise ValueError(f"changes {x.whole} to {tuple(sizes)}, without the batch")
        if -1 in sizes[1:]:
            sizes[sizes.index(-1, 1)] = math.prod(x.shape) // abs(math.prod(sizes))
        rows, left = divmod(math.prod(x.shape), max(1, math.prod(sizes[1:])))
        if left or min(sizes[1:], default=1) < 1:
            raise ValueError(f"changes {x.whole} to {tuple(shape)}")
        target = (rows, *sizes[1:]) if rows > 1 else tuple(sizes[1:])
        if target != x.shape:
            x = self.layer("Reshape", {"target_shape": list(target)}, replace(x, rows=1))
        return replace(x, rows=rows)

    def operand(self, function: str, x: Tensor, constant: Constant) -> Tensor:
        """Add a function of values and a constant."""
        value = constant.value.astype(np.float32, copy=False)
        if value.size == 1 and function in ("add", "multiply") and abs(number := float(value.item())) < layers.LARGEST:
            options = {"scale": number, "offset": 0.0} if function == "multiply" else {"scale": 1.0, "offset": number}
            return self.layer("Rescaling", options, x)
        if value.ndim >= len(x.whole):
            if value.ndim > len(x.whole) or len(value) != 1:
                raise ValueError(f"combines {x.whole} with a constant {value.shape}")
            value = value[0]
        given = {"function": function, "operand_shape": list(value.shape)}
        return self.layer("Elementwise", given, x, weights=[replace(constant, value=value)])

    def shapes(self) -> Shapes:
        """Count the shapes of all weights."""
        return Shapes(weight.value.shape for call in self.calls.values() for weight in call.weights)

    def assign(self, made: list[keras.layers.Layer]) -> None:
        """Give the created layers their weights; raise `ValueError` where they do not fit."""
        for layer, call in zip(made, self.calls.values(), strict=True):
            for variable, weight in zip(layer.weights, call.weights, strict=True):
                if weight.value.shape != tuple(variable.shape):
                    raise ValueError(f"{call.layer.kind} needs {tuple(variable.shape)}, but has {weight.value.shape}")
                if not np.isfinite(weight.value).all():
                    raise ValueError(f"the weights of a {call.layer.kind} contain numbers that are not finite")
                variable.assign(weight.value)
