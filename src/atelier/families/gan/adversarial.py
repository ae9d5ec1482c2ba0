"""The adversarial training of a generator and a discriminator.

In each step of `fit` the discriminator is updated first, and then the generator against it (algorithm 1 of Goodfellow
et al., 2014, arXiv:1406.2661). If both are updated from the same state, they learn far worse.
"""

from typing import Any

import keras
from keras import ops

from atelier.families.gan import losses
from atelier.families.gan.augmentations import augmented
from atelier.families.gan.network import GAN
from atelier.modalities.images import conditions
from atelier.networks.gradients import value_and_gradient


class Adversarial(keras.Model):
    """Train a `GAN` by `fit` on uint8 images ``(n, h, w, c)``, or on pairs of these and conditions ``(n, conditions)``.

    The optimiser that this model is compiled with updates the generator; `optimizer` updates the discriminator, whose
    weights are frozen for the other one.
    """

    def __init__(self, gan: GAN, optimizer: keras.optimizers.Optimizer) -> None:
        super().__init__(name="adversarial")
        self.gan, self.config = gan, gan.config
        self.discriminator_weights = gan.discriminator.trainable_variables
        gan.discriminator.trainable = False
        self.discriminator_optimizer = optimizer
        optimizer.build(self.discriminator_weights)
        # Variables of this model are part of its checkpoints.
        self.discriminator_moments = optimizer.variables
        self.seed_generator = keras.random.SeedGenerator()
        self.steps = self.add_weight(name="steps", shape=(), initializer="zeros", trainable=False)
        names = ("discriminator_loss", "generator_loss", "discriminator_real", "discriminator_fake")
        self.trackers = {name: keras.metrics.Mean(name=name) for name in names}
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Generate one image for each example of a batch, float32 ``(n, h, w, c)`` from −1 to 1."""
        images, condition = conditions.split(inputs)
        z = keras.random.normal((ops.shape(images)[0], self.config.latent_dim), seed=self.seed_generator)
        return self.gan.generator(conditions.joined(z, condition), training=training)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Update the discriminator, and return the generator's loss against it."""
        images, condition = conditions.split(x)
        real, fake = (
            augmented(images, self.config.augment, self.seed_generator)
            for images in (ops.cast(images, "float32") / 127.5 - 1, y_pred)
        )
        self._update_discriminator(real, ops.stop_gradient(fake), condition)
        on_real, on_fake = (self.gan.discriminator(conditions.joined(each, condition)) for each in (real, fake))
        generator = losses.generator_loss(self.config.loss, on_fake, ops.stop_gradient(on_real))
        self.trackers["generator_loss"].update_state(generator)
        if self.config.ema:
            self._average()
        return generator

    def _update_discriminator(self, real: Any, fake: Any, condition: Any) -> None:
        images = ops.concatenate([real, fake])
        twice = None if condition is None else ops.concatenate([condition, condition])
        weights = [ops.convert_to_tensor(variable.value) for variable in self.discriminator_weights]
        loss, correct, gradients = value_and_gradient(lambda w: self._discriminator_loss(w, images, twice), weights)
        self.discriminator_optimizer.apply(gradients, self.discriminator_weights)
        values = dict(zip(("discriminator_real", "discriminator_fake"), correct, strict=True))
        for name, value in (values | {"discriminator_loss": loss}).items():
            self.trackers[name].update_state(value)

    def _discriminator_loss(self, weights: list[Any], images: Any, condition: Any) -> tuple[Any, Any]:
        """Return the loss with its penalties, and which images are classified correctly, for given weights.

        The first half of `images` is real. R1 and R2 (Mescheder et al., 2018, arXiv:1801.04406, eq. 9) are
        γ/2·E‖∇D‖² at real and at generated images.
        """

        def logits_of(images: Any) -> tuple[Any, None]:
            return self._logits(weights, conditions.joined(images, condition)), None

        penalties = self.config.r1, self.config.r2
        if any(penalties):
            logits, _, slopes = value_and_gradient(logits_of, images)
        else:
            logits, slopes = logits_of(images)[0], images
        on_real, on_fake = ops.split(logits, 2)
        loss = losses.discriminator_loss(self.config, on_real, on_fake, self.seed_generator)
        for weight, slope in zip(penalties, ops.split(slopes, 2), strict=True):
            if weight:
                loss += 0.5 * weight * ops.mean(ops.sum(ops.square(slope), axis=(1, 2, 3)))
        return loss, losses.discriminator_accuracy(self.config.loss, on_real, on_fake)

    def _logits(self, weights: list[Any], inputs: Any) -> Any:
        """Compute the discriminator's logits with other weights, and advance the seeds of its dropout."""
        given = dict(zip(map(id, self.discriminator_weights), weights, strict=True))
        variables = self.gan.discriminator.non_trainable_variables
        values = [given.get(id(variable), variable.value) for variable in variables]
        logits, updated = self.gan.discriminator.stateless_call([], values, inputs, training=True)
        for variable, value in zip(variables, updated, strict=True):
            if id(variable) not in given:
                variable.assign(value)
        return logits

    def _average(self) -> None:
        """Update the averaged generator; a smaller decay in the first steps forgets the initial weights."""
        decay = ops.minimum(self.config.ema, (1 + self.steps) / (10 + self.steps))
        self.steps.assign(self.steps + 1)
        for average, variable in zip(self.gan.averaged.variables, self.gan.generator.variables, strict=True):
            average.assign(average + (1 - decay) * (variable - average))
