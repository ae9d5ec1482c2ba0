"""Find latents from which a generator without an encoder generates given images.

An encoder, the inverter, guesses the latents; a fixed number of steps of Adam then improves them for each image,
against its pixels and the judge's features, near the prior (Zhu et al., 2020, arXiv:2004.00049, section 3.2).
"""

import math
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from atelier.modalities.images import classifier, conditions, generate
from atelier.modalities.judge import Judge
from atelier.networks import batching
from atelier.networks import network as networks
from atelier.networks.gradients import value_and_gradient
from atelier.networks.network import Network

# Of Adam (Kingma & Ba, 2015); the averages adapt within the few dozen steps that there are.
BETA_1, BETA_2, EPSILON = 0.9, 0.99, 1e-8


class Objective:
    """How far generated images are from given ones, and latents from the prior.

    Not a layer, so that models which use it neither train nor save the generator and the judge.
    """

    def __init__(self, generator: Network, judge: Judge, judge_weight: float, prior_weight: float) -> None:
        self.decoder = generator.model.decoder
        self.black, self.white = generator.model.output_range
        self.trunk = classifier.differentiable(judge.network.model.trunk)
        self.judge_weight, self.prior_weight = judge_weight, prior_weight

    def generated(self, z: Any, condition: Any) -> Any:
        """Generate images, float32 ``(n, h, w, c)`` from 0 to 255."""
        outputs = self.decoder(conditions.joined(z, condition), training=False)
        return 255 * (ops.cast(outputs, "float32") - self.black) / (self.white - self.black)

    def features(self, images: Any) -> Any:
        """Compute the judge's features, float32 ``(n, features)``, of images from 0 to 255."""
        return ops.cast(self.trunk(images, training=False), "float32")

    def errors(self, images: Any, features: Any, z: Any, condition: Any) -> Any:
        """Compute the error of each latent, ``(n,)``: of pixels, features and distance from the prior's shell."""
        generated = self.generated(z, condition)
        pixels = ops.mean(ops.square((generated - images) / 127.5), axis=(1, 2, 3))
        seen = ops.mean(ops.square(self.features(generated) - features), axis=1)
        shell = ops.square(ops.mean(ops.square(z), axis=1) - 1)
        return pixels + self.judge_weight * seen + self.prior_weight * shell


class Refinement(keras.Model):
    """Images, or pairs of images and conditions → latents: those of the inverter, improved for each image."""

    def __init__(self, encoder: keras.Model, objective: Objective, steps: int, rate: float) -> None:
        super().__init__(name="refinement", dtype="float32")
        self.encoder, self.objective, self.steps, self.rate = encoder, objective, steps, rate

    def call(self, inputs: Any) -> Any:
        """Return latents, float32 ``(n, latent_dim)``; each depends on its own image alone."""
        images, condition = conditions.split(inputs)
        images = ops.cast(images, "float32")
        features = self.objective.features(images)
        guess = self.encoder(conditions.joined(images, condition))

        def step(number: Any, state: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
            z, mean, square = state
            _, _, slope = value_and_gradient(lambda z: (self.objective.errors(images, features, z, condition), ()), z)
            mean, square = BETA_1 * mean + (1 - BETA_1) * slope, BETA_2 * square + (1 - BETA_2) * ops.square(slope)
            done = ops.cast(number, "float32")
            rate = 0.5 * self.rate * (1 + ops.cos(math.pi * done / self.steps))
            unbiased = mean / (1 - BETA_1 ** (done + 1)), square / (1 - BETA_2 ** (done + 1))
            return z - rate * unbiased[0] / (ops.sqrt(unbiased[1]) + EPSILON), mean, square

        zeros = ops.zeros_like(guess)
        return ops.fori_loop(0, self.steps, step, (guess, zeros, zeros))[0] if self.steps else guess


class Inverter:
    """A trained inverter of a generator: images → latents."""

    def __init__(self, encoder: Network, generator: Network, judge: Judge) -> None:
        config = encoder.config
        self.encoder, self.network = encoder.model, encoder
        objective = Objective(generator, judge, config.judge_weight, config.prior_weight)
        self.refinement = Refinement(self.encoder, objective, config.refine_steps, config.refine_rate)

    @classmethod
    def load(cls, directory: Path, generator: Network, judge: Judge) -> "Inverter":
        """Load the inverter that the stage `edit` wrote to `directory`; raises as `networks.load`."""
        return cls(networks.load(directory), generator, judge)

    def guess(self, images: np.ndarray, condition: np.ndarray | None, batch: int) -> np.ndarray:
        """Encode images, uint8 ``(n, h, w, c)``, to latents, float32 ``(n, latent_dim)``, without refinement."""
        return np.asarray(batching.apply(self.encoder, generate.inputs(images, condition), batch))

    def refine(self, images: np.ndarray, condition: np.ndarray | None, batch: int) -> np.ndarray:
        """Encode images as `guess`, and refine the latents."""
        return np.asarray(batching.apply(self.refinement, generate.inputs(images, condition), batch))
