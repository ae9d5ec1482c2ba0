"""Convolutional generative adversarial network (Goodfellow et al., 2014; Radford et al., 2016, arXiv:1511.06434).

One `fit` trains generator and discriminator on the sum of their losses. Each loss sends no gradient to the weights of
the other network.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from atelier.core.spec import Spec
from atelier.families.gan import losses
from atelier.families.gan.architectures import build_discriminator, build_generator
from atelier.families.gan.augmentations import augmented
from atelier.families.gan.params import Config
from atelier.modalities.images import conditions
from atelier.networks.gradients import value_and_gradient


def build(config: Config, spec: Spec) -> "GAN":
    """Build the untrained networks for the images of `spec`.

    Raises:
        ValueError: `generator_filters` do not fit the size of the images, or they have no labels for `condition`.
    """
    height, width, _ = spec.shape
    doublings = len(config.generator_filters)
    factor = config.space_to_depth * 2**doublings
    if height % factor or width % factor:
        raise ValueError(
            f"generator_filters: got {list(config.generator_filters)}, which double a feature map {doublings} times "
            f"and, with space_to_depth {config.space_to_depth}, need sides divisible by {factor}; images of "
            f"{spec.name} are {height}×{width}"
        )
    return GAN(config, spec.shape, conditions.width(config.condition, spec))


class GAN(keras.Model):
    """Generator, its moving average (also of the state of normalisation) and discriminator.

    `fit` trains them on uint8 images ``(n, h, w, c)``, or on pairs of these and their conditions ``(n, conditions)``.

    Attributes:
        conditions: the table that conditions are drawn from, or None; see `modalities.images.conditions`.
    """

    output_range = (-1.0, 1.0)

    def __init__(self, config: Config, shape: tuple[int, ...], condition_width: int) -> None:
        super().__init__(name="gan")
        self.config = config
        self.generator = build_generator(config, shape, condition_width, "generator")
        self.averaged = build_generator(config, shape, condition_width, "averaged")
        self.averaged.trainable = False
        self.averaged.set_weights(self.generator.get_weights())
        self.discriminator = build_discriminator(config, shape, condition_width)
        self.conditions = None
        if condition_width:
            rows = (conditions.ROWS, condition_width)
            self.conditions = self.add_weight(name="conditions", shape=rows, initializer="zeros", trainable=False)
        self.seed_generator = keras.random.SeedGenerator()
        self.steps = self.add_weight(name="steps", shape=(), initializer="zeros", trainable=False)
        names = ("discriminator_loss", "generator_loss", "discriminator_real", "discriminator_fake")
        self.trackers = {name: keras.metrics.Mean(name=name) for name in names}
        self.built = True

    @property
    def decoder(self) -> keras.Model:
        """The network that draws samples."""
        return self.averaged if self.config.ema else self.generator

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Generate one image for each example of a batch, float32 ``(n, h, w, c)`` from −1 to 1."""
        images, condition = self._split(inputs)
        z = keras.random.normal((ops.shape(images)[0], self.config.latent_dim), seed=self.seed_generator)
        return self.generator(_joined(z, condition), training=training)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Return the sum of the discriminator's and the generator's loss."""
        images, condition = self._split(x)
        real, fake = (
            augmented(images, self.config.augment, self.seed_generator)
            for images in (ops.cast(images, "float32") / 127.5 - 1, y_pred)
        )
        if self.config.r1 or self.config.r2:
            on_real, on_fake, penalty, generator = self._with_slopes(real, fake, condition, training)
        else:
            fixed = ops.stop_gradient(fake)
            on_real, on_fake = (self.discriminator(_joined(i, condition), training=training) for i in (real, fixed))
            on_moving = self._fixed_logits(fake, condition, training)
            penalty, generator = 0.0, losses.generator_loss(self.config.loss, on_moving, ops.stop_gradient(on_real))
        discriminator = losses.discriminator_loss(self.config, on_real, on_fake, self.seed_generator) + penalty
        correct = losses.discriminator_accuracy(self.config.loss, on_real, on_fake)
        for name, value in zip(self.trackers, (discriminator, generator, *correct), strict=True):
            self.trackers[name].update_state(value)
        if training and self.config.ema:
            self._average()
        return discriminator + generator

    def pixels(self, images: np.ndarray) -> np.ndarray:
        """Convert float32 images from −1 to 1 to uint8 of the same shape."""
        return np.rint(127.5 * (images.astype(np.float64) + 1)).clip(0, 255).astype(np.uint8)

    def _split(self, inputs: Any) -> tuple[Any, Any]:
        """Return images and their condition, float32 or None."""
        if self.conditions is None:
            return inputs, None
        images, condition = inputs
        return images, ops.cast(condition, "float32")

    def _with_slopes(self, real: Any, fake: Any, condition: Any, training: bool) -> tuple[Any, Any, Any, Any]:
        """Return the logits on real and on generated images, the penalties R1 and R2, and the generator's loss.

        R1 and R2 (Mescheder et al., 2018, arXiv:1801.04406, eq. 9) are γ/2·E‖∇D‖² at real and at generated images. The
        gradient of the generator's loss is that of D times a factor for each image, so D need not be run again for it.
        """
        images = ops.concatenate([real, ops.stop_gradient(fake)])
        twice = None if condition is None else ops.concatenate([condition, condition])
        logits, slopes = value_and_gradient(
            lambda images: self.discriminator(_joined(images, twice), training=training), images
        )
        (on_real, on_fake), (at_real, at_fake) = ops.split(logits, 2), ops.split(slopes, 2)
        penalty = sum(
            0.5 * weight * ops.mean(ops.sum(ops.square(slope), axis=(1, 2, 3)))
            for weight, slope in ((self.config.r1, at_real), (self.config.r2, at_fake))
        )
        fixed = ops.stop_gradient(on_real)
        loss, by_logit = value_and_gradient(
            lambda logits: losses.generator_loss(self.config.loss, logits, fixed), ops.stop_gradient(on_fake)
        )
        by_pixel = ops.stop_gradient(ops.reshape(by_logit, (-1, 1, 1, 1)) * at_fake)
        moving = ops.sum(by_pixel * fake)
        # The value is the loss, the gradient that of `moving`.
        return on_real, on_fake, penalty, ops.stop_gradient(loss - moving) + moving

    def _fixed_logits(self, images: Any, condition: Any, training: bool) -> Any:
        """Compute the discriminator's logits without a gradient for its weights."""
        weights = [ops.stop_gradient(variable) for variable in self.discriminator.trainable_variables]
        states = [ops.convert_to_tensor(variable) for variable in self.discriminator.non_trainable_variables]
        logits, _ = self.discriminator.stateless_call(weights, states, _joined(images, condition), training=training)
        return logits

    def _average(self) -> None:
        """Update the averaged generator; a smaller decay in the first steps forgets the initial weights."""
        decay = ops.minimum(self.config.ema, (1 + self.steps) / (10 + self.steps))
        self.steps.assign(self.steps + 1)
        for average, variable in zip(self.averaged.variables, self.generator.variables, strict=True):
            average.assign(average + (1 - decay) * (variable - average))


def _joined(inputs: Any, condition: Any) -> Any:
    """Return the arguments of a network that is told a condition, or of one that is not."""
    return inputs if condition is None else [inputs, condition]
