"""The operations of TensorFlow that an adopted graph may have, and what adds the layers that they become.

They are pure functions of tensors. Whatever is not listed here is refused: files, Python functions, control flow and
operations of other libraries are code.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from atelier.families.adopted.saved_models import arithmetic, layers, shapes
from atelier.families.adopted.saved_models.builder import LETTERS, Builder, Value
from atelier.families.adopted.saved_models.constants import ELEMENTWISE, SHAPING, Constant, compute


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
    **{name: Operation("tc", arithmetic.reduced) for name in ("Max", "Mean", "Min", "Sum")},
    **{name: Operation(f"{BINARY}|tn|nt|nc|cn", arithmetic.add) for name in ("Add", "AddV2")},
    **{name: Operation("tc", layers.matmul) for name in ("BatchMatMul", "BatchMatMulV2", "MatMul")},
    **{
        name: Operation("tcccc", layers.normalised)
        for name in ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")
    },
    "AddN": Operation("t+", lambda net, node, *values: net.layer("Add", {}, *values)),
    "AvgPool": Operation("t", layers.pooling),
    "BiasAdd": Operation("tc", lambda net, node, x, bias: arithmetic.shifted(net, x, bias)),
    "Cast": Operation("t", arithmetic.cast),
    "ClipByValue": Operation("tcc", arithmetic.clipped),
    "ConcatV2": Operation("t+c", shapes.concatenated),
    "Conv2D": Operation("tc", layers.convolution),
    "Conv2DBackpropInput": Operation("cct", layers.transposed),
    "DepthwiseConv2dNative": Operation("tc", layers.convolution),
    "ExpandDims": Operation("tc", shapes.expanded),
    "GatherV2": Operation("ctc", layers.gather),
    "LeakyRelu": Operation("t", layers.leaky),
    "Less": Operation("tc", shapes.less),
    "MaxPool": Operation("t", layers.pooling),
    "Maximum": Operation(BINARY, arithmetic.extreme),
    "Minimum": Operation(BINARY, arithmetic.extreme),
    "Mul": Operation(f"{BINARY}|tn|nt|nc|cn", arithmetic.multiply),
    "Neg": _plain("Rescaling", scale=-1.0, offset=0.0),
    "OneHot": Operation("tccc", layers.one_hot),
    "Pad": Operation("tc", layers.padded),
    "Pow": Operation("tc", lambda net, node, x, exponent: net.operand("power", x, exponent)),
    "RealDiv": Operation(BINARY, arithmetic.divide),
    "Relu": _plain("ReLU"),
    "Relu6": _plain("ReLU", max_value=6.0),
    "Reshape": Operation("tc", lambda net, node, x, shape: net.reshape(x, shape.value.tolist())),
    "ResizeBilinear": Operation("tc", layers.resized),
    "ResizeNearestNeighbor": Operation("tc", layers.resized),
    "ResourceGather": Operation("ct", layers.gather),
    "SelectV2": Operation("itt", shapes.select),
    "Shape": Operation("t", lambda net, node, x: Constant(np.array(x.whole))),
    "Split": Operation("ct", shapes.split),
    "SplitV": Operation("tcc", shapes.split),
    "SquaredDifference": Operation(BINARY, arithmetic.squared_difference),
    "Squeeze": Operation("t", shapes.squeezed),
    "StridedSlice": Operation("tccc", shapes.strided_slice),
    "Sub": Operation(BINARY, arithmetic.subtract),
    "Tile": Operation("tc", shapes.tiled),
    "Transpose": Operation("tc", shapes.transpose),
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
