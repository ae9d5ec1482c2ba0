"""Images from latents, by any family that has a decoder."""

from collections.abc import Sequence

import numpy as np

from atelier.core import seeds
from atelier.modalities.images import conditions
from atelier.networks import batching
from atelier.networks.network import Network


def decode(network: Network, z: np.ndarray, batch: int, condition: np.ndarray | None = None) -> np.ndarray:
    """Decode latents, float32 ``(n, latent_dim)``, to images, uint8 ``(n, h, w, c)``.

    A network that is told conditions needs those of all images, ``(n, conditions)``.
    """
    inputs = z if condition is None else (z, np.asarray(condition, np.float32))
    return network.model.pixels(batching.apply(network.model.decoder, inputs, batch))


def from_seeds(
    network: Network, image_seeds: Sequence[int], batch: int, condition: np.ndarray | None = None
) -> np.ndarray:
    """Draw one image for each seed, uint8 ``(n, h, w, c)``; an image does not depend on its batch.

    A network that is told conditions draws them too, unless all are given, ``(n, conditions)``.
    """
    if condition is None:
        condition = conditions.draw(network, image_seeds)
    return decode(network, seeds.latents(image_seeds, network.config.latent_dim), batch, condition)
