"""An adopted network: layers that a file described, between standard normal latents and pictures of the dataset."""

import math
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from atelier.core.spec import Spec
from atelier.families.adopted import layers as known
from atelier.families.adopted.params import Architecture, Config
from atelier.networks.architecture import Block

# Numbers that one layer may compute for one picture: beyond that, a batch would not fit into memory.
MAX_NUMBERS = 2**23


def build(config: Config, spec: Spec) -> "Adopted":
    """Build the network, without weights; raise `ValueError` if it does not draw the pictures of `spec`."""
    return Adopted(config, spec)


def inputs_of(architecture: Architecture) -> list[Any]:
    """Return symbolic inputs of an architecture."""
    return [keras.Input(each.shape, dtype=each.dtype) for each in architecture.inputs]


def assemble(architecture: Architecture, inputs: list[Any]) -> tuple[list[Any], list[keras.layers.Layer], list[Block]]:
    """Call the layers of an architecture on symbolic tensors; return outputs, layers and blocks for a diagram.

    Raises:
        ValueError: they do not fit each other, or one of them computes more than `MAX_NUMBERS`.
    """
    made = [known.make(layer, number) for number, layer in enumerate(architecture.layers)]
    tensors, blocks = list(inputs), [("input", (*inputs[0].shape[1:],) or (1,), 0)]
    for node in architecture.nodes:
        if node.layer >= len(made) or max(node.inputs) >= len(tensors):
            raise ValueError(
                f"a node refers to layer {node.layer} and tensors {list(node.inputs)}, which are not there"
            )
        layer, arguments = made[node.layer], [tensors[index] for index in node.inputs]
        kind = architecture.layers[node.layer].kind
        try:
            result = layer(arguments if kind in known.MERGING else arguments[0])
        except (ValueError, TypeError, IndexError, ArithmeticError) as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            shapes = ", ".join(str(tuple(tensor.shape[1:])) for tensor in arguments)
            raise ValueError(f"layer {node.layer} ({kind}) cannot be called on {shapes}: {reason}") from None
        shape = tuple(result.shape[1:])
        if None in shape or min(shape, default=1) < 1 or math.prod(shape) > MAX_NUMBERS:
            raise ValueError(f"layer {node.layer} ({kind}) computes {shape}; allowed are at most {MAX_NUMBERS} numbers")
        tensors.append(result)
        blocks.append((kind, shape or (1,), layer.count_params()))
    if max(architecture.outputs) >= len(tensors):
        raise ValueError(f"the outputs {list(architecture.outputs)} are not there")
    return [tensors[index] for index in architecture.outputs], made, blocks


class Adopted(keras.Model):
    """A decoder, z → grey levels from 0 to 1, and possibly an encoder, uint8 images → ``z_mean`` and ``z_log_var``.

    z is standard normal, ``(n, latent_dim)``. Its inverse transform gives uniform latents, and its last coordinate the
    label, so that a seed has one picture.

    Attributes:
        decoder_layers, encoder_layers: the layers that were adopted, as in the architectures.
        blocks: of both, for a diagram.
    """

    output_range = (0.0, 1.0)

    def __init__(self, config: Config, spec: Spec) -> None:
        super().__init__(name="adopted")
        self.config, self.labels = config, config.labels
        z = keras.Input((config.latent_dim,), name="z")
        outputs, self.decoder_layers, blocks = assemble(config.decoder, self._prior(config, z))
        picture = Picture(
            tuple(spec.shape), config.output_range, config.fit == "convert", name="picture", dtype="float32"
        )
        self.decoder = keras.Model(z, picture(outputs[0]), name="decoder")
        self.blocks = {"decoder": blocks}
        self.encoder_layers: list[keras.layers.Layer] = []
        self._encoder = None if config.encoder is None else self._build_encoder(config, config.encoder, spec)
        self.built = True

    @property
    def encodes(self) -> bool:
        """Whether there is an encoder."""
        return self._encoder is not None

    @property
    def encoder(self) -> keras.Model:
        """The encoder; a ValueError says that there is none."""
        if self._encoder is None:
            raise ValueError("this network was adopted without an encoder; name the file of one in train.encoder")
        return self._encoder

    def pixels(self, grey: np.ndarray) -> np.ndarray:
        """Convert grey levels from 0 to 1 to uint8 of the same shape."""
        return np.rint(255 * grey.astype(np.float64)).astype(np.uint8)

    def _prior(self, config: Config, z: Any) -> list[Any]:
        """Return the inputs of the decoder, computed from z."""
        wanted, first = config.decoder.inputs, 0 if config.latent_first else 1
        labelled = config.label in ("integer", "one_hot")
        if len(wanted) != 1 + labelled or (labelled and not config.labels):
            raise ValueError(f"label: got {config.label!r} and {config.labels} labels for {len(wanted)} inputs")
        shape = wanted[first].shape
        size = math.prod(shape) - (config.labels if config.label == "appended" else 0)
        if size < 1 or config.latent_dim != size + (config.label != "none"):
            raise ValueError(f"latent_dim: got {config.latent_dim} for an input of the shape {shape}")
        latent = Latent(size, config.latent, name="latent", dtype="float32")(z)
        if config.label == "none":
            return [layers.Reshape(shape, name="latent_shaped")(latent)]
        if config.label == "appended":
            label = Label(config.labels, True, name="label", dtype="float32")(z)
            joined = layers.Concatenate(name="joined")([latent, label])
            return [layers.Reshape(shape, name="joined_shaped")(joined)]
        label = Label(config.labels, config.label == "one_hot", name="label", dtype="float32")(z)
        both = [
            layers.Reshape(shape, name="latent_shaped")(latent),
            layers.Reshape(wanted[1 - first].shape, name="label_shaped")(label),
        ]
        return both if config.latent_first else both[::-1]

    def _build_encoder(self, config: Config, architecture: Architecture, spec: Spec) -> keras.Model:
        image = keras.Input(tuple(spec.shape), dtype="uint8", name="image")
        scale, offset = {"-1..1": (1 / 127.5, -1.0), "0..1": (1 / 255, 0.0), "0..255": (1.0, 0.0)}[config.encoder_range]
        x = layers.Rescaling(scale, offset, name="scaled", dtype="float32")(image)
        wanted = architecture.inputs[0].shape
        if len(architecture.inputs) != 1 or math.prod(wanted) != math.prod(spec.shape):
            shapes = ", ".join(str(each.shape) for each in architecture.inputs)
            raise ValueError(f"the encoder takes {shapes}; images of {spec.name} are {spec.shape}")
        outputs, self.encoder_layers, blocks = assemble(architecture, [layers.Reshape(wanted, name="image_shaped")(x)])
        self.blocks["encoder"] = blocks
        for output in outputs:
            if math.prod(output.shape[1:]) != config.latent_dim:
                raise ValueError(f"the encoder returns {tuple(output.shape[1:])} for {config.latent_dim} latents")
        z_mean, *rest = [
            layers.Reshape((config.latent_dim,), name=name)(output)
            for name, output in zip(("z_mean", "z_log_var"), outputs, strict=False)
        ]
        # An encoder without a variance is one with variance 1 everywhere.
        z_log_var = rest[0] if rest else layers.Rescaling(0.0, name="z_log_var")(z_mean)
        return keras.Model(image, [z_mean, z_log_var], name="encoder")


class Latent(layers.Layer):
    """The first `size` coordinates of z, transformed to the distribution that the decoder was trained with."""

    def __init__(self, size: int, distribution: str, **options: Any) -> None:
        super().__init__(**options)
        self.size, self.distribution = size, distribution

    def call(self, z: Any) -> Any:
        """Return latents ``(n, size)``; 2Φ(z) − 1 of a standard normal is uniform."""
        latent = z[:, : self.size]
        if self.distribution == "normal":
            return latent
        uniform = ops.erf(latent / math.sqrt(2))
        return uniform if self.distribution == "uniform" else (uniform + 1) / 2


class Label(layers.Layer):
    """The label that the last coordinate of z stands for: each class has the same probability."""

    def __init__(self, labels: int, one_hot: bool, **options: Any) -> None:
        super().__init__(**options)
        self.labels, self.one_hot = labels, one_hot

    def call(self, z: Any) -> Any:
        """Return indices ``(n, 1)``, or one-hot ``(n, labels)``, as floats."""
        share = (ops.erf(z[:, -1:] / math.sqrt(2)) + 1) / 2
        index = ops.clip(ops.floor(share * self.labels), 0, self.labels - 1)
        return ops.one_hot(ops.cast(index[:, 0], "int32"), self.labels) if self.one_hot else index


class Picture(layers.Layer):
    """Outputs in the layout and range that they were trained in → grey levels from 0 to 1, ``(n, h, w, c)``."""

    def __init__(self, shape: tuple[int, ...], values: str, convert: bool, **options: Any) -> None:
        super().__init__(**options)
        self.picture, self.values, self.convert = shape, values, convert

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Find the layout of the outputs: `(h, w, c)`, `(h, w)`, `(c, h, w)` or all pixels in one row."""
        came, (height, width, channels) = tuple(input_shape[1:]), self.picture
        self.channels_first = came == (channels, height, width) and came != self.picture
        if self.channels_first:
            self.layout = came
        elif came in (self.picture, (math.prod(self.picture),)) or (*came, 1) == self.picture:
            self.layout = self.picture
        elif self.convert and len(came) == 3 and came[-1] in (1, 3):
            self.layout = came
        else:
            raise ValueError(
                f"the network draws {came}, images of the dataset are {self.picture}; "
                "with output.fit: convert, pictures (h, w, 1) and (h, w, 3) are scaled and their channels converted"
            )

    def call(self, outputs: Any) -> Any:
        """Return grey levels."""
        x = ops.reshape(outputs, (-1, *self.layout))
        if self.channels_first:
            x = ops.transpose(x, (0, 2, 3, 1))
        if self.values == "logits":
            x = ops.sigmoid(x)
        elif self.values == "-1..1":
            x = (x + 1) / 2
        elif self.values == "0..255":
            x = x / 255
        x = ops.clip(x, 0, 1)
        if self.convert and x.shape[-1] != self.picture[-1]:
            grey = x @ ops.convert_to_tensor([[0.299], [0.587], [0.114]], "float32") if x.shape[-1] == 3 else x
            x = ops.repeat(grey, self.picture[-1], axis=-1)
        if self.convert and tuple(x.shape[1:3]) != self.picture[:2]:
            x = ops.clip(ops.image.resize(x, self.picture[:2], interpolation="bilinear", antialias=True), 0, 1)
        return x
