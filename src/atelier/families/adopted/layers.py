"""The layers of Keras that an adopted network may have, and the options that decide what they compute.

Whatever is not listed here is refused: `Lambda` and classes of other packages are code. Options that only matter for
training (initialisers, regularisers, …) are left out.
"""

import re
from collections.abc import Callable
from typing import Any

import keras

from atelier.families.adopted import own_layers
from atelier.families.adopted.params import Layer

Check = Callable[[Any], Any]
# What an option may be at most: sizes beyond it are those of no picture.
LARGEST = 2**20
# They compute something in training only.
IDENTITIES = (
    "ActivityRegularization", "AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise", "Identity",
    "SpatialDropout1D", "SpatialDropout2D",
)  # fmt: skip
ACTIVATIONS = (
    "elu", "exponential", "gelu", "hard_sigmoid", "leaky_relu", "linear", "log_softmax", "mish", "relu", "relu6",
    "selu", "sigmoid", "silu", "softmax", "softplus", "softsign", "swish", "tanh",
)  # fmt: skip
# Options without an effect on what a trained layer computes. Others are refused, unless they are empty.
TRAINING = re.compile(
    r"\w*(initializer|regularizer|constraint)|autocast|batch_input_shape|batch_shape|build_input_shape|dtype|fused"
    r"|input_dtype|input_length|mask_zero|momentum|name|noise_shape|quantization_config|rate|seed|stddev|synchronized"
    r"|trainable|supports_masking|l1|l2|virtual_batch_size|renorm_\w+|zero_output_for_mask|lora_\w+|pad_to_aspect_ratio"
    r"|crop_to_aspect_ratio|antialias|fill_mode|fill_value"
)


def _whole(least: int) -> Check:
    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= LARGEST:
            raise ValueError(f"a whole number from {least} to {LARGEST}")
        return value

    return check


def _real(value: Any) -> float:
    if isinstance(value, dict) and value.get("type") == "ndarray":  # Keras 2.3
        value = value.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:
        raise ValueError("a number")
    return float(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _one_of(*allowed: Any) -> Check:
    def check(value: Any) -> Any:
        if isinstance(value, list | dict) or value not in allowed:
            raise ValueError(f"one of: {', '.join(map(str, allowed))}")
        return value

    return check


def _each(check: Check, *lengths: int) -> Check:
    def checked(value: Any) -> Any:
        if isinstance(value, list):
            if (lengths and len(value) not in lengths) or len(value) > 8:
                raise ValueError(f"a list of {lengths[0] if lengths else 'up to 8'}")
            return [check(item) for item in value]
        return check(value)

    return checked


def _optional(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def activation(value: Any) -> str:
    """Return the name of an activation function; a ValueError says what is allowed."""
    if isinstance(value, dict):  # Keras 3 names functions by an object.
        value = value.get("config") if value.get("class_name") == "function" else value.get("class_name")
    if value is None:
        return "linear"
    if value not in ACTIVATIONS:
        raise ValueError(f"one of: {', '.join(ACTIVATIONS)}")
    return str(value)


SIZE, SIZES = _whole(1), _each(_whole(1), 1, 2)
AXIS = _each(_whole(-8))
FORMAT = _one_of(None, "channels_last")
PADDING = _one_of("valid", "same")
MARGINS = _each(_each(_whole(0), 2), 2)
_CONVOLUTION = {
    "filters": SIZE, "kernel_size": SIZES, "strides": SIZES, "padding": PADDING, "data_format": FORMAT,
    "dilation_rate": SIZES, "activation": activation, "use_bias": _flag,
}  # fmt: skip
_DEPTHWISE = {key: check for key, check in _CONVOLUTION.items() if key != "filters"} | {"depth_multiplier": SIZE}
_TRANSPOSED = _CONVOLUTION | {"output_padding": _optional(_each(_whole(0), 1, 2))}
_NORM = {"axis": AXIS, "epsilon": _real, "center": _flag, "scale": _flag}
_POOL = {"pool_size": SIZES, "strides": _optional(SIZES), "padding": PADDING, "data_format": FORMAT}
_GLOBAL = {"data_format": FORMAT, "keepdims": _flag}
_INTERPOLATION = _one_of("nearest", "bilinear", "bicubic")
MERGING = ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract")
KINDS: dict[str, dict[str, Check]] = {
    **{kind: {} for kind in MERGING},
    "Activation": {"activation": activation},
    "AveragePooling2D": _POOL,
    "BatchNormalization": _NORM,
    "Concatenate": {"axis": _whole(-8)},
    "Conv1D": _CONVOLUTION | {"groups": SIZE, "padding": _one_of("valid", "same", "causal")},
    "Conv1DTranspose": _TRANSPOSED,
    "Conv2D": _CONVOLUTION | {"groups": SIZE},
    "Conv2DTranspose": _TRANSPOSED,
    "Cropping2D": {"cropping": MARGINS, "data_format": FORMAT},
    "Dense": {"units": SIZE, "activation": activation, "use_bias": _flag},
    "DepthwiseConv2D": _DEPTHWISE,
    "ELU": {"alpha": _real},
    "Embedding": {"input_dim": SIZE, "output_dim": SIZE},
    "Flatten": {"data_format": FORMAT},
    "GlobalAveragePooling2D": _GLOBAL,
    "GlobalMaxPooling2D": _GLOBAL,
    "GroupNormalization": _NORM | {"groups": _whole(-1)},
    "Identity": {},
    "LayerNormalization": _NORM | {"rms_scaling": _flag},
    "LeakyReLU": {"negative_slope": _real},
    "MaxPooling2D": _POOL,
    "PReLU": {"shared_axes": _optional(_each(SIZE))},
    "Permute": {"dims": _each(SIZE)},
    "ReLU": {"max_value": _optional(_real), "negative_slope": _optional(_real), "threshold": _optional(_real)},
    "RepeatVector": {"n": SIZE},
    "Rescaling": {"scale": _each(_real), "offset": _each(_real)},
    "Reshape": {"target_shape": _each(_whole(-1))},
    "Resizing": {"height": SIZE, "width": SIZE, "interpolation": _INTERPOLATION, "data_format": FORMAT},
    "SeparableConv2D": _CONVOLUTION | {"depth_multiplier": SIZE},
    "Softmax": {"axis": AXIS},
    "UnitNormalization": {"axis": AXIS},
    "UpSampling2D": {"size": SIZES, "data_format": FORMAT, "interpolation": _INTERPOLATION},
    "ZeroPadding2D": {"padding": MARGINS, "data_format": FORMAT},
}
# Layers of this package, which graphs of TensorFlow are translated to; in a file of Keras, these names are unknown.
OWN: dict[str, dict[str, Check]] = {
    "Elementwise": {
        "function": _one_of(*own_layers.UNARY, *own_layers.BINARY), "operand_shape": _optional(_each(SIZE)),
    },
    "Reduction": {"function": _one_of(*own_layers.REDUCTIONS), "axes": _each(SIZE), "keepdims": _flag},
    "Slice": {"axis": SIZE, "start": _whole(0), "size": SIZE},
}  # fmt: skip
ALLOWED = KINDS | OWN
# Names of Keras 2 for options of Keras 3.
RENAMED = {
    ("LeakyReLU", "alpha"): "negative_slope",
    ("Conv2DTranspose", "groups"): "",
    ("Conv1DTranspose", "groups"): "",
}


def describe(kind: str, config: Any, name: str) -> Layer:
    """Translate the configuration of a layer, as any version of Keras wrote it.

    Raises:
        ValueError: it has an option that is unknown, or a value that is not allowed; the message names the layer.
    """
    if not isinstance(config, dict):
        raise ValueError(f"the layer {name!r} ({kind}): its configuration is no mapping")
    options = {}
    for key, value in config.items():
        renamed = RENAMED.get((kind, key), key)
        if not renamed:
            if value != 1:
                raise ValueError(f"the layer {name!r} ({kind}): {key}: got {value!r}; Keras 3 has 1 only")
        elif renamed in KINDS[kind]:
            options[renamed] = checked(kind, renamed, value, name)
        elif not TRAINING.fullmatch(key) and value not in (None, False, "", [], {}):
            raise ValueError(f"the layer {name!r} ({kind}): got the option {key}: {value!r:.60}, which is unknown")
    if kind == "BatchNormalization" and isinstance(options.get("axis"), list):
        options["axis"] = options["axis"][0] if len(options["axis"]) == 1 else options["axis"]
    return Layer(kind=kind, options=options)


def checked(kind: str, key: str, value: Any, name: str) -> Any:
    """Return an option of a layer in plain form, or raise a one-line ValueError."""
    try:
        return ALLOWED[kind][key](value)
    except ValueError as error:
        raise ValueError(f"the layer {name!r} ({kind}): {key}: got {value!r:.60}; allowed is {error}") from None


def make(layer: Layer, number: int) -> keras.layers.Layer:
    """Create an untrained layer; nothing but the classes of `ALLOWED` is ever created."""
    if layer.kind not in ALLOWED:
        raise ValueError(f"layer {number}: got {layer.kind!r}; known are: {', '.join(ALLOWED)}")
    if unknown := sorted(set(layer.options) - set(ALLOWED[layer.kind])):
        raise ValueError(f"layer {number} ({layer.kind}): unknown option {unknown[0]}")
    options = {key: checked(layer.kind, key, value, str(number)) for key, value in layer.options.items()}
    if layer.kind == "Reshape":
        options["target_shape"] = tuple(options["target_shape"])
    zeros = {"kernel_initializer": "zeros"} if layer.kind in ("Dense", "Conv2D", "Conv2DTranspose") else {}
    package = own_layers if layer.kind in OWN else keras.layers
    try:
        created: keras.layers.Layer = getattr(package, layer.kind)(
            **options, **zeros, name=f"layer_{number:03}", dtype="float32"
        )
    except (ValueError, TypeError) as error:
        raise ValueError(f"layer {number} ({layer.kind}): {str(error).strip().splitlines()[0]}") from None
    return created
