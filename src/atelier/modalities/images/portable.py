"""Encoders and decoders of images that work without this package: Keras's own layers, uint8 images in and out."""

from typing import Literal

import keras
import numpy as np
from keras import layers

from atelier.core import seeds
from atelier.modalities.images import generate
from atelier.networks.network import Network
from atelier.networks.portable import Outputs, Part, run

# Number of latents, and of images, that a part is compared on.
EXAMPLES = 16


def decoder(network: Network, activation: Literal["sigmoid", "linear"]) -> Part:
    """Return latents, float32 ``(n, latent_dim)`` → images, uint8 ``(n, h, w, c)``.

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

    def decoded(z: np.ndarray) -> Outputs:
        return {"images": generate.decode(network, z, len(z))}

    shape = inner.input.shape[1:]
    example = seeds.latents(range(EXAMPLES), shape[0])
    model = keras.Model(inner.input, images, name="decoder")
    return Part("decode", model, "z", shape, ("images",), example, decoded)


def encoder(network: Network) -> Part:
    """Return images, uint8 ``(n, h, w, c)`` → ``z_mean`` and ``z_log_var`` of the posterior, ``(n, latent_dim)``."""
    inner = network.model.encoder
    names, shape = ("z_mean", "z_log_var"), inner.input.shape[1:]
    example = seeds.generator(0, "export").integers(0, 256, (EXAMPLES, *shape), dtype=np.uint8)
    return Part("encode", inner, "images", shape, names, example, lambda images: run(inner, names, images))
