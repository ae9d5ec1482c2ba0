"""Convolutional generative adversarial network (Goodfellow et al., 2014; Radford et al., 2016, arXiv:1511.06434).

One `fit` trains generator and discriminator on the sum of their losses. Each loss sends no gradient to the weights of
the other network.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from atelier.core.spec import Spec
from atelier.families.gan.params import Config

# Standard deviation of the step in the finite difference of a penalty, in units of the value range 2.
PENALTY_STEP = 0.01


def build(config: Config, spec: Spec) -> "GAN":
    """Build the untrained networks for the images of `spec`; raise `ValueError` if `generator_filters` do not fit."""
    height, width, _ = spec.shape
    factor = 2 ** len(config.generator_filters)
    if height % factor or width % factor:
        raise ValueError(
            f"generator_filters: got {list(config.generator_filters)}, which double a feature map "
            f"{len(config.generator_filters)} times and need sides divisible by {factor}; images of {spec.name} are "
            f"{height}×{width}"
        )
    return GAN(config, spec.shape)


def build_generator(config: Config, shape: tuple[int, ...], name: str) -> keras.Model:
    """Build latents ``(n, latent_dim)`` → images from −1 to 1, float32 ``(n, h, w, c)``."""
    height, width, channels = shape
    factor = 2 ** len(config.generator_filters)
    smallest = (height // factor, width // factor, config.generator_base)
    z = keras.Input((config.latent_dim,), name="z")
    x = layers.Dense(smallest[0] * smallest[1] * smallest[2])(z)
    x = layers.Reshape(smallest)(x)
    for filters in config.generator_filters:
        x = layers.Conv2DTranspose(filters, 4, strides=2, padding="same")(x)
        if config.generator_norm == "batch":
            x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.LeakyReLU(0.2)(x)
    image = layers.Conv2D(
        channels, config.output_kernel, padding="same", activation="tanh", dtype="float32", name="image"
    )(x)
    return keras.Model(z, image, name=name)


def build_discriminator(config: Config, shape: tuple[int, ...]) -> keras.Model:
    """Build images from −1 to 1, float32 ``(n, h, w, c)`` → logits of being real, ``(n, 1)``."""
    image = keras.Input(shape, name="image")
    x = image
    for filters in config.discriminator_filters:
        x = layers.Conv2D(filters, 4, strides=2, padding="same")(x)
        x = layers.LeakyReLU(0.2)(x)
    x = layers.Dropout(config.dropout)(layers.Flatten()(x))
    return keras.Model(image, layers.Dense(1, dtype="float32", name="realness")(x), name="discriminator")


class GAN(keras.Model):
    """Generator, its moving average (also of the state of normalisation) and discriminator.

    `fit` trains them on uint8 images alone.
    """

    def __init__(self, config: Config, shape: tuple[int, ...]) -> None:
        super().__init__(name="gan")
        self.config = config
        self.generator = build_generator(config, shape, "generator")
        self.averaged = build_generator(config, shape, "averaged")
        self.averaged.trainable = False
        self.averaged.set_weights(self.generator.get_weights())
        self.discriminator = build_discriminator(config, shape)
        self.seed_generator = keras.random.SeedGenerator()
        self.steps = self.add_weight(name="steps", shape=(), initializer="zeros", trainable=False)
        names = ("discriminator_loss", "generator_loss", "discriminator_real", "discriminator_fake")
        self.trackers = {name: keras.metrics.Mean(name=name) for name in names}
        self.built = True

    @property
    def decoder(self) -> keras.Model:
        """The network that draws samples."""
        return self.averaged if self.config.ema else self.generator

    def call(self, images: Any, training: bool = False) -> Any:
        """Generate one image for each image of a batch, float32 ``(n, h, w, c)`` from −1 to 1."""
        z = keras.random.normal((ops.shape(images)[0], self.config.latent_dim), seed=self.seed_generator)
        return self.generator(z, training=training)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Return the sum of the discriminator's and the generator's loss."""
        real, fake = (
            augmented(images, self.config.augment, self.seed_generator)
            for images in (ops.cast(x, "float32") / 127.5 - 1, y_pred)
        )
        fixed = ops.stop_gradient(fake)
        on_real, on_fake = (self.discriminator(images, training=training) for images in (real, fixed))
        discriminator = discriminator_loss(self.config, on_real, on_fake, self.seed_generator)
        for weight, images in ((self.config.r1, real), (self.config.r2, fixed)):
            if weight:
                discriminator += 0.5 * weight * self._squared_slope(images)
        generator = generator_loss(self.config.loss, self._fixed_logits(fake, training), ops.stop_gradient(on_real))
        correct = discriminator_accuracy(self.config.loss, on_real, on_fake)
        for name, value in zip(self.trackers, (discriminator, generator, *correct), strict=True):
            self.trackers[name].update_state(value)
        if training and self.config.ema:
            self._average()
        return discriminator + generator

    def pixels(self, images: np.ndarray) -> np.ndarray:
        """Convert float32 images from −1 to 1 to uint8 of the same shape."""
        return np.rint(127.5 * (images.astype(np.float64) + 1)).clip(0, 255).astype(np.uint8)

    def _fixed_logits(self, images: Any, training: bool) -> Any:
        """Compute the discriminator's logits without a gradient for its weights."""
        weights = [ops.stop_gradient(variable) for variable in self.discriminator.trainable_variables]
        states = [ops.convert_to_tensor(variable) for variable in self.discriminator.non_trainable_variables]
        logits, _ = self.discriminator.stateless_call(weights, states, images, training=training)
        return logits

    def _squared_slope(self, images: Any) -> Any:
        """Estimate ‖∇D‖² at `images`, averaged over the batch, from finite differences in random directions.

        E[(D(x + σε) − D(x))²] / σ² = ‖∇D(x)‖² + O(σ²) for standard normal ε, which needs no second derivative. R1
        and R2 (Mescheder et al., 2018, arXiv:1801.04406, eq. 9) are this at real and at generated images.
        """
        step = PENALTY_STEP * keras.random.normal(ops.shape(images), seed=self.seed_generator)
        difference = self.discriminator(images + step) - self.discriminator(images)
        return ops.mean(ops.square(difference)) / PENALTY_STEP**2

    def _average(self) -> None:
        """Update the averaged generator; a smaller decay in the first steps forgets the initial weights."""
        decay = ops.minimum(self.config.ema, (1 + self.steps) / (10 + self.steps))
        self.steps.assign(self.steps + 1)
        for average, variable in zip(self.averaged.variables, self.generator.variables, strict=True):
            average.assign(average + (1 - decay) * (variable - average))


def discriminator_loss(config: Config, on_real: Any, on_fake: Any, seed: keras.random.SeedGenerator) -> Any:
    """Compute the discriminator's loss, a scalar, from its logits ``(n, 1)`` on real and on generated images."""
    if config.loss == "hinge":
        return ops.mean(ops.relu(1 - on_real) + ops.relu(1 + on_fake))
    if config.loss == "relativistic":
        return ops.mean(ops.softplus(on_fake - on_real))
    real_label, fake_label = 1 - config.label_smoothing, 0.0
    if config.label_noise:
        noise = config.label_noise * keras.random.uniform((2, *ops.shape(on_real)), seed=seed)
        real_label, fake_label = real_label - noise[0], noise[1]
    if config.loss == "least_squares":
        return ops.mean(ops.square(on_real - real_label) + ops.square(on_fake - fake_label)) / 2
    # softplus(l) − t·l is the cross-entropy of t against sigmoid(l), without overflow.
    real = ops.softplus(on_real) - real_label * on_real
    return ops.mean(real + ops.softplus(on_fake) - fake_label * on_fake)


def generator_loss(loss: str, on_fake: Any, on_real: Any) -> Any:
    """Compute the generator's loss, a scalar, from logits ``(n, 1)``; only the relativistic loss uses real images."""
    match loss:
        case "hinge":
            return -ops.mean(on_fake)
        case "relativistic":
            return ops.mean(ops.softplus(on_real - on_fake))
        case "least_squares":
            return ops.mean(ops.square(on_fake - 1)) / 2
        case _:
            return ops.mean(ops.softplus(-on_fake))


def discriminator_accuracy(loss: str, on_real: Any, on_fake: Any) -> tuple[Any, Any]:
    """Return which real and which generated images the discriminator classifies correctly, 0 or 1 ``(n, 1)``.

    The threshold of its logits is 0, one half for least squares, and for the relativistic loss, in which only
    differences matter, the mean logit of the images of the other kind.
    """
    match loss:
        case "relativistic":
            real_above, fake_below = ops.mean(on_fake), ops.mean(on_real)
        case "least_squares":
            real_above = fake_below = 0.5
        case _:
            real_above = fake_below = 0.0
    return ops.cast(on_real > real_above, "float32"), ops.cast(on_fake < fake_below, "float32")


def augmented(images: Any, kinds: Sequence[str], seed: keras.random.SeedGenerator) -> Any:
    """Augment each image at random, differentiably (Zhao et al., 2020, arXiv:2006.10738).

    Args:
        images: float32 ``(n, h, w, c)`` from −1 to 1.
        kinds: some of ``colour`` (brightness, saturation, contrast), ``translation`` (up to an eighth of a side, filled
            with zeros) and ``cutout`` (a square of half a side set to zero).
    """
    if "colour" in kinds:
        brightness, saturation, contrast = (
            keras.random.uniform((ops.shape(images)[0], 1, 1, 1), low, high, seed=seed)
            for low, high in ((-0.5, 0.5), (0.0, 2.0), (0.5, 1.5))
        )
        images = images + brightness
        grey = ops.mean(images, axis=3, keepdims=True)
        images = grey + saturation * (images - grey)
        mean = ops.mean(images, axis=(1, 2, 3), keepdims=True)
        images = mean + contrast * (images - mean)
    if "translation" in kinds:
        images = _translated(images, seed)
    if "cutout" in kinds:
        images = images * _cutout_mask(images, seed)
    return images


def _translated(images: Any, seed: keras.random.SeedGenerator) -> Any:
    """Shift by whole pixels: multiply rows and columns with one-hot matrices."""
    shifted = images
    for axis, equation in ((1, "nab,nbwc->nawc"), (2, "nab,nhbc->nhac")):
        side, reach = images.shape[axis], images.shape[axis] // 8
        shift = keras.random.randint((ops.shape(images)[0], 1, 1), -reach, reach + 1, seed=seed)
        places = ops.arange(side, dtype="int32")
        matrix = ops.cast(places[None, :, None] + shift == places[None, None, :], images.dtype)
        shifted = ops.einsum(equation, matrix, shifted)
    return shifted


def _cutout_mask(images: Any, seed: keras.random.SeedGenerator) -> Any:
    """Return 0 in a random square of half a side and 1 elsewhere, ``(n, h, w, 1)``."""
    inside = ops.ones((1, 1, 1, 1), "bool")
    for axis, shape in ((1, (1, -1, 1, 1)), (2, (1, 1, -1, 1))):
        side = images.shape[axis]
        centre = keras.random.randint((ops.shape(images)[0], 1, 1, 1), 0, side + 1, seed=seed)
        offset = ops.reshape(ops.arange(side, dtype="int32"), shape) - centre
        inside = ops.logical_and(inside, ops.logical_and(offset >= -(side // 4), offset < side // 4))
    return 1 - ops.cast(inside, images.dtype)
