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
    return network.model.pixels(batching.apply(network.model.decoder, inputs(z, condition), batch))


def inputs(first: np.ndarray, condition: np.ndarray | None) -> np.ndarray | tuple[np.ndarray, ...]:
    """Return what a network takes: latents or images, and their conditions ``(n, conditions)`` if it is told any."""
    return first if condition is None else (first, np.asarray(condition, np.float32))


def from_seeds(
    network: Network, image_seeds: Sequence[int], batch: int, condition: np.ndarray | None = None
) -> np.ndarray:
    """Draw one image for each seed, uint8 ``(n, h, w, c)``; an image does not depend on its batch.

    A network that is told conditions draws them too, unless all are given, ``(n, conditions)``.
    """
    if condition is None:
        condition = conditions.draw(network, image_seeds)
    return decode(network, seeds.latents(image_seeds, network.config.latent_dim), batch, condition)
