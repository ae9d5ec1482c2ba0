"""Compute the parts of a TensorFlow graph that depend on constants alone: shapes, and weights of other weights."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

# Numbers that may be computed at once.
MAX_NUMBERS = 2**24
# float32, float64, float16 and bfloat16; int32, uint8 and int64 (tensorflow/core/framework/types.proto).
FLOATS, INTEGERS = (1, 2, 19, 14), (3, 4, 9)


@dataclass(frozen=True, eq=False)
class Constant:
    """Numbers, float32 or int64, and from which others they were computed. In shapes, −1 is the size of the batch."""

    value: np.ndarray
    operation: str = ""
    operands: tuple["Constant", ...] = ()


def compute(node: Any, operands: tuple[Constant, ...]) -> Constant:
    """Compute an operation of `ELEMENTWISE` or `SHAPING`; a `ValueError` says that its result would be too large."""
    values = [operand.value for operand in operands]
    if node.op in ELEMENTWISE:
        size = math.prod(np.broadcast_shapes(*(value.shape for value in values)))
    else:
        size = sum(value.size for value in values)
    if size > MAX_NUMBERS:
        raise ValueError(f"computes {size} numbers from constants; allowed are at most {MAX_NUMBERS}")
    with np.errstate(all="ignore"):
        result = ELEMENTWISE[node.op](*values) if node.op in ELEMENTWISE else SHAPING[node.op](node, *values)
    return Constant(np.asarray(result), node.op, operands)


def index(node: Any, begin: np.ndarray, end: np.ndarray, strides: np.ndarray) -> list[Any]:
    """Return the index that a strided slice stands for, as NumPy writes it."""

    def masked(mask: str, axis: int) -> int:
        return node.attr[mask].i >> axis & 1

    found: list[Any] = []
    for axis, (first, last, step) in enumerate(zip(begin.tolist(), end.tolist(), strides.tolist(), strict=True)):
        if masked("ellipsis_mask", axis):
            found.append(Ellipsis)
        elif masked("new_axis_mask", axis):
            found.append(None)
        elif masked("shrink_axis_mask", axis):
            found.append(first)
        else:
            start, stop = (
                None if masked(mask, axis) else at for mask, at in (("begin_mask", first), ("end_mask", last))
            )
            found.append(slice(start, stop, step))
    return found


def _filled(node: Any, shape: np.ndarray, value: np.ndarray) -> np.ndarray:
    if (shape < 0).any():
        raise ValueError("fills an array for each example of a batch, as layer normalisation of Keras 2 does")
    return np.broadcast_to(value, shape)


def _gather(node: Any, values: np.ndarray, indices: np.ndarray, axis: np.ndarray) -> np.ndarray:
    if values.ndim != 1:
        raise ValueError("selects from a constant that is not a list")
    return np.take(values, indices)


def _cast(node: Any, values: np.ndarray) -> np.ndarray:
    return values.astype(np.float32 if is_float(node.attr["DstT"].type) else np.int64)


def is_float(kind: int) -> bool:
    """Whether a type of TensorFlow, a number, is one of floats; a `ValueError` says that it is none of numbers."""
    if kind not in FLOATS + INTEGERS:
        raise ValueError(f"has the type {kind} of types.proto; allowed are floats, int32, int64 and uint8")
    return kind in FLOATS


ELEMENTWISE: dict[str, Callable[..., np.ndarray]] = {
    "Add": np.add, "AddV2": np.add, "FloorDiv": np.floor_divide, "Maximum": np.maximum, "Minimum": np.minimum,
    "Mul": np.multiply, "Neg": np.negative, "RealDiv": np.true_divide, "Rsqrt": lambda x: 1 / np.sqrt(x),
    "Sqrt": np.sqrt, "Square": np.square, "Sub": np.subtract,
}  # fmt: skip
SHAPING: dict[str, Callable[..., Any]] = {
    "Cast": _cast,
    "ConcatV2": lambda node, *values: np.concatenate(values[:-1], int(values[-1])),
    "ExpandDims": lambda node, x, axis: np.expand_dims(x, int(axis)),
    "Fill": _filled,
    "GatherV2": _gather,
    "Pack": lambda node, *values: np.stack(values, node.attr["axis"].i),
    "Prod": lambda node, x, axes: np.prod(x, tuple(np.ravel(axes)), keepdims=node.attr["keep_dims"].b),
    "Reshape": lambda node, x, shape: np.reshape(x, shape),
    "Shape": lambda node, x: np.array(x.shape, np.int64),
    "Squeeze": lambda node, x: np.squeeze(x, tuple(node.attr["squeeze_dims"].list.i) or None),
    "StridedSlice": lambda node, x, *limits: x[tuple(index(node, *limits))],
    "Transpose": lambda node, x, axes: np.transpose(x, axes),
}
