"""Generator and discriminator.

Their maps change size by strided convolutions, as in the textbook, or by repeating and averaging pixels, which leaves
no checkerboard (Odena et al., 2016, doi:10.23915/distill.00003).
"""

import math
from typing import Any

import keras
from keras import layers

from atelier.families.gan.params import Config
from atelier.networks.layers.pixel_blocks import depth_to_space, space_to_depth


def build_generator(config: Config, shape: tuple[int, ...], conditions: int, name: str) -> keras.Model:
    """Build latents ``(n, latent_dim)`` → images from −1 to 1, float32 ``(n, h, w, c)``.

    With `conditions` > 0 there is a second input, the condition ``(n, conditions)``; its embedding is joined to the
    latent, at the same length.
    """
    height, width, channels = shape
    block, factor = config.space_to_depth, config.space_to_depth * 2 ** len(config.generator_filters)
    smallest = (height // factor, width // factor, config.generator_base)
    z = keras.Input((config.latent_dim,), name="z")
    inputs, x = [z], z
    if conditions:
        condition = keras.Input((conditions,), name="condition")
        embedding = layers.Dense(config.latent_dim, use_bias=False, name="embedding")(condition)
        inputs, x = [z, condition], layers.Concatenate()([_normalised(z), _normalised(embedding)])
    x = layers.Reshape(smallest)(layers.Dense(math.prod(smallest))(x))
    for filters in config.generator_filters:
        x = _transposed(x, filters, config) if config.resampling == "strided" else _upsampled(x, filters, config)
    activation, kernel = "tanh", config.output_kernel
    if block == 1:
        x = layers.Conv2D(channels, kernel, padding="same", activation=activation, dtype="float32", name="image")(x)
    else:
        x = layers.Conv2D(block**2 * channels, kernel, padding="same", activation=activation, dtype="float32")(x)
        x = depth_to_space(x, block)
    return keras.Model(inputs if conditions else z, x, name=name)


def build_discriminator(config: Config, shape: tuple[int, ...], conditions: int) -> keras.Model:
    """Build images from −1 to 1, float32 ``(n, h, w, c)`` → logits of being real, ``(n, 1)``.

    With `conditions` > 0 the second input is the condition, and the product of its embedding and the features is added
    to the logit (Miyato & Koyama, 2018, arXiv:1802.05637, eq. 4).
    """
    image = keras.Input(shape, name="image")
    x = image if config.space_to_depth == 1 else space_to_depth(image, config.space_to_depth)
    last = len(config.discriminator_filters) - 1
    for index, filters in enumerate(config.discriminator_filters):
        if config.resampling == "strided":
            x = layers.LeakyReLU(0.2)(layers.Conv2D(filters, 4, strides=2, padding="same")(x))
        else:
            x = layers.LeakyReLU(0.2)(layers.Conv2D(filters, 3, padding="same")(x))
            if 0 < index < last:
                x = layers.AveragePooling2D(2, padding="same")(x)
    x = layers.Flatten()(x)
    if config.discriminator_features:
        x = layers.LeakyReLU(0.2)(layers.Dense(config.discriminator_features)(x))
    if config.dropout:
        x = layers.Dropout(config.dropout)(x)
    realness = layers.Dense(1, dtype="float32", name="realness")(x)
    if not conditions:
        return keras.Model(image, realness, name="discriminator")
    condition = keras.Input((conditions,), name="condition")
    embedding = layers.Dense(x.shape[-1], use_bias=False, name="embedding")(condition)
    # The scale keeps the product of two vectors of unit entries at unit variance for any number of features.
    product = layers.Dot(1, dtype="float32")([x, embedding])
    product = layers.Rescaling(1 / math.sqrt(x.shape[-1]), dtype="float32")(product)
    return keras.Model([image, condition], layers.Add(dtype="float32")([realness, product]), name="discriminator")


def _transposed(x: Any, filters: int, config: Config) -> Any:
    x = layers.Conv2DTranspose(filters, 4, strides=2, padding="same")(x)
    return layers.LeakyReLU(0.2)(_norm(x, config))


def _upsampled(x: Any, filters: int, config: Config) -> Any:
    """Repeat pixels, convolve, and add a second convolution at half weight."""
    x = layers.Conv2D(filters, 3, padding="same")(layers.UpSampling2D(2)(x))
    x = _norm(layers.LeakyReLU(0.2)(x), config)
    change = layers.LeakyReLU(0.2)(layers.Conv2D(filters, 3, padding="same")(x))
    return layers.Add()([x, layers.Rescaling(0.5)(change)])


def _norm(x: Any, config: Config) -> Any:
    match config.generator_norm:
        case "batch":
            return layers.BatchNormalization(momentum=0.9)(x)
        case "pixel":
            return _normalised(x)
        case _:
            return x


def _normalised(x: Any) -> Any:
    """Divide each vector along the last axis by its root mean square, with a learned scale for each entry.

    Without the scale it is the pixel normalisation of Karras et al., 2018, arXiv:1710.10196, section 4.2.
    """
    return layers.RMSNormalization(epsilon=1e-8)(x)
