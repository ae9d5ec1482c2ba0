"""Layers for operations of a graph that Keras has no layer for: arithmetic, reductions and slices."""

from collections.abc import Callable
from typing import Any

import numpy as np
from keras import layers, ops

# Of values alone, or of values and an operand.
UNARY: dict[str, Callable[[Any], Any]] = {
    "abs": ops.abs, "erf": ops.erf, "erfc": lambda x: 1 - ops.erf(x), "floor": ops.floor, "log": ops.log,
    "reciprocal": ops.reciprocal, "round": ops.round, "rsqrt": ops.rsqrt, "sqrt": ops.sqrt, "square": ops.square,
    "trunc": ops.trunc,
}  # fmt: skip
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": ops.add, "maximum": ops.maximum, "minimum": ops.minimum, "multiply": ops.multiply, "power": ops.power,
}  # fmt: skip
REDUCTIONS: dict[str, Callable[..., Any]] = {"max": ops.max, "mean": ops.mean, "min": ops.min, "sum": ops.sum}


class Elementwise(layers.Layer):
    """A function of each value or, with `operand_shape`, of values and an operand that is stored as a weight."""

    def __init__(self, function: str, operand_shape: list[int] | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.function, self.operand_shape = function, operand_shape
        if (function in BINARY) != (operand_shape is not None):
            raise ValueError(f"{function} has {2 if function in BINARY else 1} operands")
        self.operand = None

    def build(self, input_shape: Any) -> None:
        """Create the operand."""
        if self.operand_shape is not None:
            self.operand = self.add_weight(shape=tuple(self.operand_shape), initializer="zeros", name="operand")

    def call(self, x: Any) -> Any:
        """Return values of the shape of `x`, broadcast with that of the operand."""
        return UNARY[self.function](x) if self.operand is None else BINARY[self.function](x, self.operand)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the result."""
        return (input_shape[0], *np.broadcast_shapes(tuple(input_shape[1:]), tuple(self.operand_shape or ())))


class Reduction(layers.Layer):
    """The mean, sum or extreme of the values along some axes, of which the batch is the first."""

    def __init__(self, function: str, axes: list[int], keepdims: bool, **options: Any) -> None:
        super().__init__(**options)
        self.function, self.axes, self.keepdims = function, axes, keepdims

    def call(self, x: Any) -> Any:
        """Return the reduced values."""
        return REDUCTIONS[self.function](x, axis=tuple(self.axes), keepdims=self.keepdims)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the result."""
        kept = [1 if axis in self.axes else size for axis, size in enumerate(input_shape)]
        return tuple(size for axis, size in enumerate(kept) if self.keepdims or axis not in self.axes)


class Slice(layers.Layer):
    """`size` consecutive values along an axis, from `start` on."""

    def __init__(self, axis: int, start: int, size: int, **options: Any) -> None:
        super().__init__(**options)
        self.axis, self.start, self.size = axis, start, size

    def call(self, x: Any) -> Any:
        """Return the values."""
        return x[(*[slice(None)] * self.axis, slice(self.start, self.start + self.size))]

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the result; a `ValueError` says that there are too few values."""
        if self.axis >= len(input_shape) or self.start + self.size > input_shape[self.axis]:
            raise ValueError(f"{self.start + self.size} values along the axis {self.axis} of {input_shape}")
        return (*input_shape[: self.axis], self.size, *input_shape[self.axis + 1 :])
