"""Faces as latents: the means of their posteriors, read a piece at a time from splits that may not fit in memory."""

from typing import Any

import numpy as np

from atelier.core import seeds
from atelier.networks import batching
from atelier.networks.network import Network

# Images that are held at once; a multiple of usual batch sizes, so that few batches are filled up.
AT_ONCE = 2048


def posterior_means(network: Network, images: Any, rows: np.ndarray, batch: int) -> np.ndarray:
    """Means of the posteriors, float32 ``(len(rows), latent_dim)``.

    Args:
        images: a split, uint8 ``(n, h, w, c)``; an array-like that is read by rows.
        rows: which of its images.
    """
    pieces = [rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE)]
    return np.concatenate(
        [np.asarray(batching.apply(network.model.encoder, np.asarray(images[piece]), batch)[0]) for piece in pieces]
    )


def choose(seed: int, purpose: str, available: int, at_most: int) -> np.ndarray:
    """Indices of up to `at_most` of the `available` images in random order; all of them where there are fewer."""
    return seeds.generator(seed, purpose).permutation(available)[:at_most]
