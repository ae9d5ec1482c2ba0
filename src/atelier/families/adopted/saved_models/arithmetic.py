"""Layers for the arithmetic of TensorFlow, among it biases and batch normalisation.

Functions in the table of `operations` get the builder `net`, the node, which has the attributes, and its inputs; they
add layers and return the result. A `ValueError` says what an operation does that is not known.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from atelier.families.adopted.saved_models.builder import LETTERS, Builder, Noise, Tensor, Value
from atelier.families.adopted.saved_models.constants import Constant, is_float

LINEAR = ("Conv2D", "Conv2DTranspose", "Dense", "DepthwiseConv2D")


def _is_per_channel(x: Tensor, constant: Constant) -> bool:
    return x.shape[-1:] == constant.value.shape[-1:] == (constant.value.size,)


def shifted(net: Builder, x: Tensor, constant: Constant) -> Tensor:
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


def add(net: Builder, node: Any, *values: Value) -> Value:
    match _sorted(*values):
        case Tensor() as x, Constant() as constant:
            return shifted(net, x, constant)
        case Tensor() as mean, Noise(deviation=Tensor() as deviation):
            # A sample of a posterior is replaced by its mean.
            result = net.layer("Identity", {}, mean)
            log_variance = net.operand("multiply", function(net, "log", deviation), Constant(np.array(2.0)))
            net.graph.samplers[result.index] = (mean.index, log_variance.index)
            return result
        case Noise() as noise, Constant(value=value) if not value.any():
            return noise
        case Tensor() as x, Tensor() as y:
            return net.layer("Add", {}, x, y)
    raise ValueError("adds random numbers; known is only the sampler of an encoder")


def multiply(net: Builder, node: Any, *values: Value) -> Value:
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


def subtract(net: Builder, node: Any, a: Any, b: Any) -> Tensor:
    if isinstance(b, Constant):
        return shifted(net, a, Constant(-b.value))
    return shifted(net, _negative(net, b), a) if isinstance(a, Constant) else net.layer("Subtract", {}, a, b)


def squared_difference(net: Builder, node: Any, a: Any, b: Any) -> Tensor:
    return function(net, "square", subtract(net, node, a, b))


def divide(net: Builder, node: Any, a: Any, b: Any) -> Value:
    if isinstance(b, Constant):
        return net.operand("multiply", a, Constant(1 / b.value))
    return multiply(net, node, a, function(net, "reciprocal", b))


def extreme(net: Builder, node: Any, *values: Value) -> Tensor:
    x, y = _sorted(*values)
    return net.operand(node.op.lower(), x, y) if isinstance(y, Constant) else net.layer(node.op, {}, x, y)


def clipped(net: Builder, node: Any, x: Tensor, low: Constant, high: Constant) -> Tensor:
    return net.operand("minimum", net.operand("maximum", x, low), high)


def function(net: Builder, name: str, x: Tensor) -> Tensor:
    return net.layer("Elementwise", {"function": name, "operand_shape": None}, x)


def reduced(net: Builder, node: Any, x: Tensor, axes: Constant) -> Tensor:
    along = sorted(x.axis(axis) for axis in np.ravel(axes.value).tolist())
    options = {"function": node.op.lower(), "axes": along, "keepdims": node.attr["keep_dims"].b}
    return net.layer("Reduction", options, x)


def cast(net: Builder, node: Any, x: Tensor) -> Tensor:
    to_whole = is_float(node.attr["SrcT"].type) and not is_float(node.attr["DstT"].type)
    return function(net, "trunc", x) if to_whole else x
