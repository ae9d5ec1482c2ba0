"""Encoders and decoders of images that work without this package: Keras's own layers, uint8 images in and out."""

from typing import Literal

import keras
import numpy as np
from keras import layers

from atelier.core import seeds
from atelier.modalities.images import conditions, generate
from atelier.networks.network import Network
from atelier.networks.portable import Input, Outputs, Part, run

# Number of latents, and of images, that a part is compared on.
EXAMPLES = 16


def decoder(network: Network, activation: Literal["sigmoid", "linear"]) -> Part:
    """Return latents, float32 ``(n, latent_dim)`` → images, uint8 ``(n, h, w, c)``.

    If the network is told conditions, they are the second input, float32 ``(n, conditions)``.
    The activation brings an output of the network's decoder to the range 0 to 1 (`sigmoid`) or −1 to 1 (`linear`).
    """
    inner = network.model.decoder
    x = layers.Activation(activation, dtype="float32", name="to_range")(inner.output)
    # Conversion to uint8 truncates; half a grey level more makes it round.
    scale, offset = (255.0, 0.5) if activation == "sigmoid" else (127.5, 128.0)
    x = layers.Rescaling(scale, offset, dtype="float32", name="to_grey_levels")(x)
    if activation == "linear":
        x = layers.ReLU(max_value=255.0, dtype="float32", name="clip")(x)
    images = layers.Rescaling(1, dtype="uint8", name="images")(x)

    def decoded(z: np.ndarray, condition: np.ndarray | None = None) -> Outputs:
        return {"images": generate.decode(network, z, len(z), condition)}

    shape = inner.inputs[0].shape[1:]
    z = Input("z", shape, seeds.latents(range(EXAMPLES), shape[0]))
    model = keras.Model(inner.input, images, name="decoder")
    return Part("decode", model, (z, *_condition(network)), ("images",), decoded)


def encoder(network: Network) -> Part:
    """Return images, uint8 ``(n, h, w, c)`` → ``z_mean`` and ``z_log_var`` of the posterior, ``(n, latent_dim)``.

    If the network is told conditions, they are the second input, float32 ``(n, conditions)``.
    """
    inner = network.model.encoder
    names, shape = ("z_mean", "z_log_var"), inner.inputs[0].shape[1:]
    examples = seeds.generator(0, "export").integers(0, 256, (EXAMPLES, *shape), dtype=np.uint8)
    inputs = (Input("images", shape, examples), *_condition(network))
    return Part("encode", inner, inputs, names, lambda *inputs: run(inner, names, *inputs))


def _condition(network: Network) -> list[Input]:
    drawn = conditions.draw(network, range(EXAMPLES))
    return [] if drawn is None else [Input("condition", drawn.shape[1:], drawn)]
