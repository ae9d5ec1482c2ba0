"""The operations of TensorFlow that an adopted graph may have, and the layers that they become.

They are pure functions of tensors. Whatever is not listed here is refused: files, Python functions, control flow and
operations of other libraries are code.
"""

import itertools
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from atelier.families.adopted.network import MAX_NUMBERS
from atelier.families.adopted.tensorflow_builder import LETTERS, Builder, IsNegative, Noise, Tensor, Value
from atelier.families.adopted.tensorflow_constants import ELEMENTWISE, SHAPING, Constant, compute, index, is_float

LINEAR = ("Conv2D", "Conv2DTranspose", "Dense", "DepthwiseConv2D")
MAX_CLASSES = 1000


def _matmul(net: Builder, node: Any, x: Tensor, kernel: Constant) -> Tensor:
    if node.attr["transpose_a"].b or node.attr["adj_x"].b or kernel.value.ndim != 2:
        raise ValueError(f"multiplies {x.whole} and a constant {kernel.value.shape}")
    if node.attr["transpose_b"].b or node.attr["adj_y"].b:
        kernel = Constant(kernel.value.T)
    return net.layer("Dense", {"units": kernel.value.shape[1], "use_bias": False}, x, weights=[kernel])


def _places(node: Any, x: Tensor) -> dict[str, Any]:
    """Return the options that convolutions and poolings share."""
    layout = node.attr["data_format"].s.decode() or "NHWC"
    if layout != "NHWC" or x.rows > 1:
        raise ValueError(f"reads {x.whole} as {layout}; allowed is NHWC")
    return {"strides": list(node.attr["strides"].list.i)[1:3], "padding": node.attr["padding"].s.decode().lower()}


def _convolution(net: Builder, node: Any, x: Tensor, kernel: Constant) -> Tensor:
    options = _places(node, x) | {"use_bias": False, "kernel_size": list(kernel.value.shape[:2])}
    options["dilation_rate"] = list(node.attr["dilations"].list.i)[1:3] or 1
    *_, channels, filters = kernel.value.shape
    if node.op == "DepthwiseConv2dNative":
        return net.layer("DepthwiseConv2D", options | {"depth_multiplier": filters}, x, weights=[kernel])
    options |= {"filters": filters, "groups": max(1, x.shape[-1] // channels)}
    return net.layer("Conv2D", options, x, weights=[kernel])


def _transposed(net: Builder, node: Any, shape: Constant, kernel: Constant, x: Tensor) -> Tensor:
    options = _places(node, x) | {"use_bias": False, "kernel_size": list(kernel.value.shape[:2])}
    options |= {"filters": kernel.value.shape[2], "dilation_rate": list(node.attr["dilations"].list.i)[1:3] or 1}
    result = net.layer("Conv2DTranspose", options, x, weights=[kernel])
    if result.whole != (wanted := tuple(shape.value.tolist())):
        raise ValueError(f"computes {wanted}; a transposed convolution of Keras computes {result.whole}")
    return result


def _pooling(net: Builder, node: Any, x: Tensor) -> Tensor:
    kind = {"MaxPool": "MaxPooling2D", "AvgPool": "AveragePooling2D"}[node.op]
    return net.layer(kind, _places(node, x) | {"pool_size": list(node.attr["ksize"].list.i)[1:3]}, x)


def _resized(net: Builder, node: Any, x: Tensor, size: Constant) -> Tensor:
    if node.attr["align_corners"].b or not node.attr["half_pixel_centers"].b:
        raise ValueError("scales pictures as TensorFlow 1 did")
    (height, width), (rows, columns) = size.value.tolist(), x.shape[:2]
    interpolation = {"ResizeNearestNeighbor": "nearest", "ResizeBilinear": "bilinear"}[node.op]
    if height % rows == width % columns == 0:
        options = {"size": [height // rows, width // columns], "interpolation": interpolation}
        return net.layer("UpSampling2D", options, x)
    return net.layer("Resizing", {"height": height, "width": width, "interpolation": interpolation}, x)


def _padded(net: Builder, node: Any, x: Tensor, margins: Constant) -> Tensor:
    batch, *inner, channels = margins.value.tolist()
    if batch != [0, 0] or channels != [0, 0] or len(inner) != 2 or x.rows > 1:
        raise ValueError(f"adds the margins {margins.value.tolist()}; allowed are those of pictures")
    return net.layer("ZeroPadding2D", {"padding": inner}, x)


def _normalised(net: Builder, node: Any, x: Tensor, *weights: Constant) -> Tensor:
    # A SavedModel leaves out attributes that have their default values.
    trains = "is_training" not in node.attr or node.attr["is_training"].b
    if trains or (node.attr["data_format"].s or b"NHWC") != b"NHWC":
        raise ValueError("normalises each batch, or channels that come first")
    epsilon = node.attr["epsilon"].f if "epsilon" in node.attr else 1e-4
    return net.layer("BatchNormalization", {"axis": -1, "epsilon": epsilon}, x, weights=weights)


def _leaky(net: Builder, node: Any, x: Tensor) -> Tensor:
    slope = node.attr["alpha"].f if "alpha" in node.attr else 0.2
    return net.layer("LeakyReLU", {"negative_slope": slope}, x)


def _is_per_channel(x: Tensor, constant: Constant) -> bool:
    return x.shape[-1:] == constant.value.shape[-1:] == (constant.value.size,)


def _shifted(net: Builder, x: Tensor, constant: Constant) -> Tensor:
    """Add a constant: where it can be, as the bias of a layer or as the end of a batch normalisation."""
    call = net.calls.get(x.index)
    if call is not None and _is_per_channel(x, constant):
        kind, options = call.layer.kind, call.layer.options
        if kind in LINEAR and not options["use_bias"]:
            weights = (*call.weights, Constant(constant.value.reshape(-1)))
            return replace(net.layer(kind, options | {"use_bias": True}, *call.inputs, weights=weights), rows=x.rows)
        match [*call.weights, constant]:
            # tf.nn.batch_normalization: x · scale + (beta − mean · scale), where scale = gamma / √(variance + epsilon).
            case [
                Constant(operation="Mul", operands=(Constant(operation="Rsqrt", operands=(root,)), gamma) as scale),
                Constant(operation="Sub", operands=(beta, Constant(operation="Mul", operands=(mean, again)))),
            ] if options.get("function") == "multiply" and again.operands == scale and root.operation == "AddV2":
                variance, epsilon = root.operands
                weights = tuple(Constant(each.value.reshape(-1)) for each in (gamma, beta, mean, variance))
                options = {"axis": -1, "epsilon": float(epsilon.value.item())}
                return replace(net.layer("BatchNormalization", options, *call.inputs, weights=weights), rows=x.rows)
    return net.operand("add", x, constant)


def _negative(net: Builder, x: Tensor) -> Tensor:
    return net.layer("Rescaling", {"scale": -1.0, "offset": 0.0}, x)


def _sorted(*values: Value) -> list[Any]:
    """Return the operands of a commutative operation: tensors, random numbers, constants."""
    return sorted(values, key=lambda value: "tnc".index(LETTERS[type(value)]))


def _add(net: Builder, node: Any, *values: Value) -> Value:
    match _sorted(*values):
        case Tensor() as x, Constant() as constant:
            return _shifted(net, x, constant)
        case Tensor() as mean, Noise(deviation=Tensor() as deviation):
            # A sample of a posterior is replaced by its mean.
            result = net.layer("Identity", {}, mean)
            log_variance = net.operand("multiply", _function(net, "log", deviation), Constant(np.array(2.0)))
            net.graph.samplers[result.index] = (mean.index, log_variance.index)
            return result
        case Noise() as noise, Constant(value=value) if not value.any():
            return noise
        case Tensor() as x, Tensor() as y:
            return net.layer("Add", {}, x, y)
    raise ValueError("adds random numbers; known is only the sampler of an encoder")


def _multiply(net: Builder, node: Any, *values: Value) -> Value:
    match _sorted(*values):
        case Tensor() as x, Constant() as constant:
            return net.operand("multiply", x, constant)
        case Tensor() as deviation, Noise(deviation=None):
            return Noise(deviation)
        case Noise() as noise, Constant(value=value) if (value == 1).all():
            return noise
        case Tensor() as x, Tensor() as y:
            return net.layer("Multiply", {}, x, y)
    raise ValueError("multiplies random numbers; known is only the sampler of an encoder")


def _subtract(net: Builder, node: Any, a: Any, b: Any) -> Tensor:
    if isinstance(b, Constant):
        return _shifted(net, a, Constant(-b.value))
    return _shifted(net, _negative(net, b), a) if isinstance(a, Constant) else net.layer("Subtract", {}, a, b)


def _squared_difference(net: Builder, node: Any, a: Any, b: Any) -> Tensor:
    return _function(net, "square", _subtract(net, node, a, b))


def _divide(net: Builder, node: Any, a: Any, b: Any) -> Value:
    if isinstance(b, Constant):
        return net.operand("multiply", a, Constant(1 / b.value))
    return _multiply(net, node, a, _function(net, "reciprocal", b))


def _extreme(net: Builder, node: Any, *values: Value) -> Tensor:
    x, y = _sorted(*values)
    return net.operand(node.op.lower(), x, y) if isinstance(y, Constant) else net.layer(node.op, {}, x, y)


def _clipped(net: Builder, node: Any, x: Tensor, low: Constant, high: Constant) -> Tensor:
    return net.operand("minimum", net.operand("maximum", x, low), high)


def _function(net: Builder, name: str, x: Tensor) -> Tensor:
    return net.layer("Elementwise", {"function": name, "operand_shape": None}, x)


def _reduced(net: Builder, node: Any, x: Tensor, axes: Constant) -> Tensor:
    along = sorted(x.axis(axis) for axis in np.ravel(axes.value).tolist())
    options = {"function": node.op.lower(), "axes": along, "keepdims": node.attr["keep_dims"].b}
    return net.layer("Reduction", options, x)


def _cast(net: Builder, node: Any, x: Tensor) -> Tensor:
    to_whole = is_float(node.attr["SrcT"].type) and not is_float(node.attr["DstT"].type)
    return _function(net, "trunc", x) if to_whole else x


def _embedded(net: Builder, x: Tensor, table: Constant) -> Tensor:
    """Add an embedding, which truncates its input itself."""
    call = net.calls.get(x.index)
    if call is not None and call.layer.options.get("function") == "trunc":
        x = replace(call.inputs[0], rows=x.rows)
    rows, columns = table.value.shape
    return net.layer("Embedding", {"input_dim": rows, "output_dim": columns}, x, weights=[table])


def _gather(net: Builder, node: Any, table: Constant, x: Tensor, axis: Constant | None = None) -> Tensor:
    if table.value.ndim != 2 or (axis is not None and axis.value.item() != 0) or node.attr["batch_dims"].i:
        raise ValueError(f"selects from a constant {table.value.shape}; allowed are the rows of a matrix")
    return _embedded(net, x, table)


def _one_hot(net: Builder, node: Any, x: Tensor, depth: Constant, on: Constant, off: Constant) -> Tensor:
    classes = depth.value.item()
    last = "axis" not in node.attr or node.attr["axis"].i == -1
    if not (0 < classes <= MAX_CLASSES and on.value.item() == 1 and off.value.item() == 0 and last):
        raise ValueError(f"has {classes} classes; allowed are 1 to {MAX_CLASSES}, as 0 and 1 along the last axis")
    return _embedded(net, x, Constant(np.eye(classes)))


def _less(net: Builder, node: Any, x: Tensor, limit: Constant) -> Value:
    if is_float(node.attr["T"].type) or limit.value.any():
        raise ValueError("compares numbers; known is only whether an index is negative")
    return IsNegative(x)


def _select(net: Builder, node: Any, condition: IsNegative, negative: Tensor, x: Tensor) -> Tensor:
    # The index of a label is never negative.
    if condition.of != x:
        raise ValueError("chooses between numbers; known are only negative indices")
    return x


def _concatenated(net: Builder, node: Any, *values: Any) -> Tensor:
    *tensors, axis = values
    return net.layer("Concatenate", {"axis": tensors[0].axis(axis.value.item())}, *tensors)


def _tiled(net: Builder, node: Any, x: Tensor, multiples: Constant) -> Tensor:
    batch, *rest = multiples.value.tolist()
    if batch != 1 or math.prod(rest) * math.prod(x.shape) > MAX_NUMBERS:
        raise ValueError(f"repeats {x.whole} {multiples.value.tolist()} times")
    for axis, count in enumerate(rest, start=1):
        if count != 1:
            x = net.layer("Concatenate", {"axis": x.axis(axis)}, *[x] * count)
    return x


def _transpose(net: Builder, node: Any, x: Tensor, axes: Constant) -> Tensor:
    order = axes.value.tolist()
    if order == list(range(len(order))):
        return x
    if order[0] != 0 or x.rows > 1:
        raise ValueError(f"permutes {x.whole} to {order}; allowed are orders with the batch first")
    return net.layer("Permute", {"dims": order[1:]}, x)


def _expanded(net: Builder, node: Any, x: Tensor, axis: Constant) -> Tensor:
    shape, at = list(x.whole), axis.value.item()
    shape.insert(at + len(shape) + 1 if at < 0 else at, 1)
    return net.reshape(x, shape)


def _squeezed(net: Builder, node: Any, x: Tensor) -> Tensor:
    axes = [axis % len(x.whole) for axis in node.attr["squeeze_dims"].list.i]
    gone = axes or [axis for axis, size in enumerate(x.whole) if size == 1]
    return net.reshape(x, [size for axis, size in enumerate(x.whole) if axis not in gone])


def _slice(net: Builder, x: Tensor, axis: int, start: int, stop: int) -> Tensor:
    """Add a slice along one of TensorFlow's axes, unless it is everything."""
    if (start, stop) == (0, x.whole[axis]):
        return x
    return net.layer("Slice", {"axis": x.axis(axis), "start": start, "size": stop - start}, x)


def _strided_slice(net: Builder, node: Any, x: Tensor, *limits: Constant) -> Tensor:
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


def _split(net: Builder, node: Any, *values: Any) -> list[Value]:
    axis, x = values if node.op == "Split" else (values[2], values[0])
    at = axis.value.item() % len(x.whole)
    count = node.attr["num_split"].i
    sizes = [x.whole[at] // count] * count if node.op == "Split" else values[1].value.tolist()
    ends = np.cumsum([0, *sizes]).tolist()
    return [_slice(net, x, at, start, stop) for start, stop in itertools.pairwise(ends)]


def _plain(kind: str, **options: Any) -> "Operation":
    """Return an operation that is a layer without weights."""
    return Operation("t", lambda net, node, x: net.layer(kind, options, x))


class Operation(NamedTuple):
    """How an operation becomes layers.

    Attributes:
        operands: a regular expression of the `LETTERS` of its inputs.
        build: adds the layers for a node and its inputs, and returns the result or results.
    """

    operands: str
    build: Callable[..., Value | list[Value]]


ACTIVATIONS = {
    "Elu": "elu", "Exp": "exponential", "LogSoftmax": "log_softmax", "Selu": "selu", "Sigmoid": "sigmoid",
    "Softmax": "softmax", "Softplus": "softplus", "Softsign": "softsign", "Tanh": "tanh",
}  # fmt: skip
FUNCTIONS = ("Abs", "Erf", "Erfc", "Floor", "Log", "Reciprocal", "Round", "Rsqrt", "Sqrt", "Square")
BINARY = "tc|ct|tt"
OPERATIONS: dict[str, Operation] = {
    **{name: _plain("Activation", activation=activation) for name, activation in ACTIVATIONS.items()},
    **{name: _plain("Elementwise", function=name.lower(), operand_shape=None) for name in FUNCTIONS},
    **{name: Operation("tc", _reduced) for name in ("Max", "Mean", "Min", "Sum")},
    **{name: Operation(f"{BINARY}|tn|nt|nc|cn", _add) for name in ("Add", "AddV2")},
    **{name: Operation("tc", _matmul) for name in ("BatchMatMul", "BatchMatMulV2", "MatMul")},
    **{name: Operation("tcccc", _normalised) for name in ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")},
    "AddN": Operation("t+", lambda net, node, *values: net.layer("Add", {}, *values)),
    "AvgPool": Operation("t", _pooling),
    "BiasAdd": Operation("tc", lambda net, node, x, bias: _shifted(net, x, bias)),
    "Cast": Operation("t", _cast),
    "ClipByValue": Operation("tcc", _clipped),
    "ConcatV2": Operation("t+c", _concatenated),
    "Conv2D": Operation("tc", _convolution),
    "Conv2DBackpropInput": Operation("cct", _transposed),
    "DepthwiseConv2dNative": Operation("tc", _convolution),
    "ExpandDims": Operation("tc", _expanded),
    "GatherV2": Operation("ctc", _gather),
    "LeakyRelu": Operation("t", _leaky),
    "Less": Operation("tc", _less),
    "MaxPool": Operation("t", _pooling),
    "Maximum": Operation(BINARY, _extreme),
    "Minimum": Operation(BINARY, _extreme),
    "Mul": Operation(f"{BINARY}|tn|nt|nc|cn", _multiply),
    "Neg": _plain("Rescaling", scale=-1.0, offset=0.0),
    "OneHot": Operation("tccc", _one_hot),
    "Pad": Operation("tc", _padded),
    "Pow": Operation("tc", lambda net, node, x, exponent: net.operand("power", x, exponent)),
    "RealDiv": Operation(BINARY, _divide),
    "Relu": _plain("ReLU"),
    "Relu6": _plain("ReLU", max_value=6.0),
    "Reshape": Operation("tc", lambda net, node, x, shape: net.reshape(x, shape.value.tolist())),
    "ResizeBilinear": Operation("tc", _resized),
    "ResizeNearestNeighbor": Operation("tc", _resized),
    "ResourceGather": Operation("ct", _gather),
    "SelectV2": Operation("itt", _select),
    "Shape": Operation("t", lambda net, node, x: Constant(np.array(x.whole))),
    "Split": Operation("ct", _split),
    "SplitV": Operation("tcc", _split),
    "SquaredDifference": Operation(BINARY, _squared_difference),
    "Squeeze": Operation("t", _squeezed),
    "StridedSlice": Operation("tccc", _strided_slice),
    "Sub": Operation(BINARY, _subtract),
    "Tile": Operation("tc", _tiled),
    "Transpose": Operation("tc", _transpose),
}
# They return their inputs.
PASSING = ("Identity", "IdentityN", "PreventGradient", "ReadVariableOp", "Snapshot", "StopGradient")
# Standard normal numbers; what they are drawn from does not matter.
RANDOM = ("RandomStandardNormal", "StatelessRandomNormal", "StatelessRandomNormalV2")
CALLS = ("PartitionedCall", "StatefulPartitionedCall")
# What the state of a random generator needs; no tensor of a picture depends on it.
UNUSED = ("AssignVariableOp", "FloorMod", "NoOp", "StatelessRandomGetKeyCounter")
ALLOWED = {"Const", "VarHandleOp", *OPERATIONS, *ELEMENTWISE, *SHAPING, *PASSING, *RANDOM, *CALLS, *UNUSED}


def build(net: Builder, node: Any, operands: Sequence[Value]) -> list[Value]:
    """Compute an operation on constants, or add it to the graph of layers; return its results.

    Raises:
        ValueError: it is not known for these operands.
    """
    constants = [operand for operand in operands if isinstance(operand, Constant)]
    if len(constants) == len(operands) and node.op in (*ELEMENTWISE, *SHAPING):
        return [net.reserve(compute(node, tuple(constants)))]
    known = OPERATIONS.get(node.op)
    if known is None or not re.fullmatch(known.operands, "".join(LETTERS[type(each)] for each in operands)):
        raise ValueError(f"is not known for {', '.join(type(each).__name__.lower() for each in operands)}")
    result = known.build(net, node, *operands)
    return result if isinstance(result, list) else [result]
