"""Pictures from latents, by any family that has a decoder."""

from collections.abc import Iterable

import numpy as np

from atelier.core import lookup, seeds
from atelier.pipeline import batching
from atelier.pipeline.networks import Network


def decode(network: Network, z: np.ndarray, batch: int) -> np.ndarray:
    """Latents, float32 ``(n, latent_dim)`` → pictures, uint8 ``(n, h, w, c)``."""
    outputs = batching.apply(network.model.decoder, z, batch)
    return lookup.module("models", network.family).pixels(outputs, network.config)


def from_seeds(network: Network, image_seeds: Iterable[int], batch: int) -> np.ndarray:
    """One picture for each seed, uint8 ``(n, h, w, c)``; a picture depends on its seed, not on its batch."""
    return decode(network, seeds.latents(image_seeds, network.config.latent_dim), batch)
