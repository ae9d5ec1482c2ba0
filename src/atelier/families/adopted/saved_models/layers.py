"""Layers with weights, and those of pictures, for operations of TensorFlow.

Functions in the table of `operations` get the builder `net`, the node, which has the attributes, and its inputs; they
add layers and return the result. A `ValueError` says what an operation does that is not known.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from atelier.families.adopted.saved_models.builder import Builder, Tensor
from atelier.families.adopted.saved_models.constants import Constant

MAX_CLASSES = 1000


def matmul(net: Builder, node: Any, x: Tensor, kernel: Constant) -> Tensor:
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


def convolution(net: Builder, node: Any, x: Tensor, kernel: Constant) -> Tensor:
    options = _places(node, x) | {"use_bias": False, "kernel_size": list(kernel.value.shape[:2])}
    options["dilation_rate"] = list(node.attr["dilations"].list.i)[1:3] or 1
    *_, channels, filters = kernel.value.shape
    if node.op == "DepthwiseConv2dNative":
        return net.layer("DepthwiseConv2D", options | {"depth_multiplier": filters}, x, weights=[kernel])
    options |= {"filters": filters, "groups": max(1, x.shape[-1] // channels)}
    return net.layer("Conv2D", options, x, weights=[kernel])


def transposed(net: Builder, node: Any, shape: Constant, kernel: Constant, x: Tensor) -> Tensor:
    options = _places(node, x) | {"use_bias": False, "kernel_size": list(kernel.value.shape[:2])}
    options |= {"filters": kernel.value.shape[2], "dilation_rate": list(node.attr["dilations"].list.i)[1:3] or 1}
    result = net.layer("Conv2DTranspose", options, x, weights=[kernel])
    if result.whole != (wanted := tuple(shape.value.tolist())):
        raise ValueError(f"computes {wanted}; a transposed convolution of Keras computes {result.whole}")
    return result


def pooling(net: Builder, node: Any, x: Tensor) -> Tensor:
    kind = {"MaxPool": "MaxPooling2D", "AvgPool": "AveragePooling2D"}[node.op]
    return net.layer(kind, _places(node, x) | {"pool_size": list(node.attr["ksize"].list.i)[1:3]}, x)


def resized(net: Builder, node: Any, x: Tensor, size: Constant) -> Tensor:
    if node.attr["align_corners"].b or not node.attr["half_pixel_centers"].b:
        raise ValueError("scales pictures as TensorFlow 1 did")
    (height, width), (rows, columns) = size.value.tolist(), x.shape[:2]
    interpolation = {"ResizeNearestNeighbor": "nearest", "ResizeBilinear": "bilinear"}[node.op]
    if height % rows == width % columns == 0:
        options = {"size": [height // rows, width // columns], "interpolation": interpolation}
        return net.layer("UpSampling2D", options, x)
    return net.layer("Resizing", {"height": height, "width": width, "interpolation": interpolation}, x)


def padded(net: Builder, node: Any, x: Tensor, margins: Constant) -> Tensor:
    batch, *inner, channels = margins.value.tolist()
    if batch != [0, 0] or channels != [0, 0] or len(inner) != 2 or x.rows > 1:
        raise ValueError(f"adds the margins {margins.value.tolist()}; allowed are those of pictures")
    return net.layer("ZeroPadding2D", {"padding": inner}, x)


def normalised(net: Builder, node: Any, x: Tensor, *weights: Constant) -> Tensor:
    # A SavedModel leaves out attributes that have their default values.
    trains = "is_training" not in node.attr or node.attr["is_training"].b
    if trains or (node.attr["data_format"].s or b"NHWC") != b"NHWC":
        raise ValueError("normalises each batch, or channels that come first")
    epsilon = node.attr["epsilon"].f if "epsilon" in node.attr else 1e-4
    return net.layer("BatchNormalization", {"axis": -1, "epsilon": epsilon}, x, weights=weights)


def leaky(net: Builder, node: Any, x: Tensor) -> Tensor:
    slope = node.attr["alpha"].f if "alpha" in node.attr else 0.2
    return net.layer("LeakyReLU", {"negative_slope": slope}, x)


def _embedded(net: Builder, x: Tensor, table: Constant) -> Tensor:
    """Add an embedding, which truncates its input itself."""
    call = net.calls.get(x.index)
    if call is not None and call.layer.options.get("function") == "trunc":
        x = replace(call.inputs[0], rows=x.rows)
    rows, columns = table.value.shape
    return net.layer("Embedding", {"input_dim": rows, "output_dim": columns}, x, weights=[table])


def gather(net: Builder, node: Any, table: Constant, x: Tensor, axis: Constant | None = None) -> Tensor:
    if table.value.ndim != 2 or (axis is not None and axis.value.item() != 0) or node.attr["batch_dims"].i:
        raise ValueError(f"selects from a constant {table.value.shape}; allowed are the rows of a matrix")
    return _embedded(net, x, table)


def one_hot(net: Builder, node: Any, x: Tensor, depth: Constant, on: Constant, off: Constant) -> Tensor:
    classes = depth.value.item()
    last = "axis" not in node.attr or node.attr["axis"].i == -1
    if not (0 < classes <= MAX_CLASSES and on.value.item() == 1 and off.value.item() == 0 and last):
        raise ValueError(f"has {classes} classes; allowed are 1 to {MAX_CLASSES}, as 0 and 1 along the last axis")
    return _embedded(net, x, Constant(np.eye(classes)))
