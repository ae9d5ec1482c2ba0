"""The encoder of a generator that has none: images → latents from which it generates similar images."""

import keras
from keras import layers

from atelier.core.spec import Spec
from atelier.modalities.images.params import InverterNetwork as Config

__all__ = ["Config", "build"]


def build(config: Config, spec: Spec) -> keras.Model:
    """Build images from 0 to 255, ``(n, h, w, c)`` → latents, float32 ``(n, latent_dim)``.

    With `conditions` > 0 the second input is what the generator is told of each image, ``(n, conditions)``.
    """
    image = keras.Input(spec.shape, name="image")
    x = layers.Rescaling(1 / 127.5, offset=-1, name="scale")(image)
    for filters in config.filters:
        x = layers.Conv2D(filters, 4, strides=2, padding="same", activation="silu")(x)
    x = layers.Flatten()(x)
    inputs = [image]
    if config.conditions:
        condition = keras.Input((config.conditions,), name="condition")
        inputs, x = [image, condition], layers.Concatenate()([x, condition])
    z = layers.Dense(config.latent_dim, dtype="float32", name="z")(x)
    return keras.Model(inputs if config.conditions else image, z, name="inverter")
