"""Layers for operations of TensorFlow that move and select numbers.

Functions in the table of `operations` get the builder `net`, the node, which has the attributes, and its inputs; they
add layers and return the result. A `ValueError` says what an operation does that is not known.
"""

import itertools
import math
from typing import Any

import numpy as np

from atelier.families.adopted.network import MAX_NUMBERS
from atelier.families.adopted.saved_models.builder import Builder, IsNegative, Tensor, Value
from atelier.families.adopted.saved_models.constants import Constant, index, is_float


def less(net: Builder, node: Any, x: Tensor, limit: Constant) -> Value:
    if is_float(node.attr["T"].type) or limit.value.any():
        raise ValueError("compares numbers; known is only whether an index is negative")
    return IsNegative(x)


def select(net: Builder, node: Any, condition: IsNegative, negative: Tensor, x: Tensor) -> Tensor:
    # The index of a label is never negative.
    if condition.of != x:
        raise ValueError("chooses between numbers; known are only negative indices")
    return x


def concatenated(net: Builder, node: Any, *values: Any) -> Tensor:
    *tensors, axis = values
    return net.layer("Concatenate", {"axis": tensors[0].axis(axis.value.item())}, *tensors)


def tiled(net: Builder, node: Any, x: Tensor, multiples: Constant) -> Tensor:
    batch, *rest = multiples.value.tolist()
    if batch != 1 or math.prod(rest) * math.prod(x.shape) > MAX_NUMBERS:
        raise ValueError(f"repeats {x.whole} {multiples.value.tolist()} times")
    for axis, count in enumerate(rest, start=1):
        if count != 1:
            x = net.layer("Concatenate", {"axis": x.axis(axis)}, *[x] * count)
    return x


def transpose(net: Builder, node: Any, x: Tensor, axes: Constant) -> Tensor:
    order = axes.value.tolist()
    if order == list(range(len(order))):
        return x
    if order[0] != 0 or x.rows > 1:
        raise ValueError(f"permutes {x.whole} to {order}; allowed are orders with the batch first")
    return net.layer("Permute", {"dims": order[1:]}, x)


def expanded(net: Builder, node: Any, x: Tensor, axis: Constant) -> Tensor:
    shape, at = list(x.whole), axis.value.item()
    shape.insert(at + len(shape) + 1 if at < 0 else at, 1)
    return net.reshape(x, shape)


def squeezed(net: Builder, node: Any, x: Tensor) -> Tensor:
    axes = [axis % len(x.whole) for axis in node.attr["squeeze_dims"].list.i]
    gone = axes or [axis for axis, size in enumerate(x.whole) if size == 1]
    return net.reshape(x, [size for axis, size in enumerate(x.whole) if axis not in gone])


def _slice(net: Builder, x: Tensor, axis: int, start: int, stop: int) -> Tensor:
    """Add a slice along one of TensorFlow's axes, unless it is everything."""
    if (start, stop) == (0, x.whole[axis]):
        return x
    return net.layer("Slice", {"axis": x.axis(axis), "start": start, "size": stop - start}, x)


def strided_slice(net: Builder, node: Any, x: Tensor, *limits: Constant) -> Tensor:
    selection = index(node, *(each.value for each in limits))
    at = selection.index(Ellipsis) if Ellipsis in selection else len(selection)
    missing = len(x.whole) - sum(each is not None and each is not Ellipsis for each in selection)
    selection[at : at + 1] = [slice(None, None, 1)] * missing
    shape, axis = [], 0
    for each in selection:
        if each is None:
            shape.append(1)
            continue
        size = x.whole[axis]
        if axis == 0:
            if each != slice(None, None, 1):
                raise ValueError("selects some examples of the batch")
            shape.append(size)
        elif isinstance(each, int):
            x = _slice(net, x, axis, each % size, each % size + 1)
        else:
            start, stop, step = each.indices(size)
            if step != 1:
                raise ValueError(f"selects every {step}th number")
            x = _slice(net, x, axis, start, stop)
            shape.append(stop - start)
        axis += 1
    return net.reshape(x, shape)


def split(net: Builder, node: Any, *values: Any) -> list[Value]:
    axis, x = values if node.op == "Split" else (values[2], values[0])
    at = axis.value.item() % len(x.whole)
    count = node.attr["num_split"].i
    sizes = [x.whole[at] // count] * count if node.op == "Split" else values[1].value.tolist()
    ends = np.cumsum([0, *sizes]).tolist()
    return [_slice(net, x, at, start, stop) for start, stop in itertools.pairwise(ends)]
