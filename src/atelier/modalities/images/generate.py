"""Images from latents, by any family that has a decoder."""

from collections.abc import Iterable

import numpy as np

from atelier.core import seeds
from atelier.networks import batching
from atelier.networks.network import Network


def decode(network: Network, z: np.ndarray, batch: int) -> np.ndarray:
    """Decode latents, float32 ``(n, latent_dim)``, to images, uint8 ``(n, h, w, c)``."""
    return network.model.pixels(batching.apply(network.model.decoder, z, batch))


def from_seeds(network: Network, image_seeds: Iterable[int], batch: int) -> np.ndarray:
    """Draw one image for each seed, uint8 ``(n, h, w, c)``; an image does not depend on its batch."""
    return decode(network, seeds.latents(image_seeds, network.config.latent_dim), batch)
