"""Choose and encode faces of a split, in chunks because the split may not fit in memory."""

from typing import Any

import numpy as np

from atelier.core import seeds
from atelier.networks import batching
from atelier.networks.network import Network

# Images in memory at once; a multiple of usual batch sizes, so that few batches must be filled up.
CHUNK = 2048


def posterior_means(network: Network, images: Any, rows: np.ndarray, batch: int) -> np.ndarray:
    """Compute the posterior means, float32 ``(len(rows), latent_dim)``, of rows of `images`, uint8 ``(n, h, w, c)``."""
    chunks = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
    return np.concatenate(
        [np.asarray(batching.apply(network.model.encoder, np.asarray(images[chunk]), batch)[0]) for chunk in chunks]
    )


def choose(seed: int, purpose: str, available: int, at_most: int) -> np.ndarray:
    """Return the indices of up to `at_most` of `available` images, in random order."""
    return seeds.generator(seed, purpose).permutation(available)[:at_most]
