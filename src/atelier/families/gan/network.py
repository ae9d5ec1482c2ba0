"""Convolutional generative adversarial network (Goodfellow et al., 2014; Radford et al., 2016, arXiv:1511.06434)."""

import keras
import numpy as np

from atelier.core.spec import Spec
from atelier.families.gan.architectures import build_discriminator, build_generator
from atelier.families.gan.params import Config
from atelier.modalities.images import conditions


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

    `adversarial.Adversarial` trains them.

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
        self.conditions = conditions.add_table(self, condition_width)
        self.built = True

    @property
    def decoder(self) -> keras.Model:
        """The network that draws samples."""
        return self.averaged if self.config.ema else self.generator

    def pixels(self, images: np.ndarray) -> np.ndarray:
        """Convert float32 images from −1 to 1 to uint8 of the same shape."""
        return np.rint(127.5 * (images.astype(np.float64) + 1)).clip(0, 255).astype(np.uint8)
