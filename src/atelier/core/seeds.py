"""Randomness that is passed on: a generator for each purpose, a latent for each seed."""

from collections.abc import Iterable
from hashlib import sha256

import numpy as np


def generator(seed: int, purpose: str = "", index: int = 0) -> np.random.Generator:
    """A generator that depends on nothing but its arguments.

    Two purposes under the same seed draw independent numbers, so that adding a draw to one leaves the other alone.
    """
    word = int.from_bytes(sha256(purpose.encode()).digest()[:8], "big")
    return np.random.default_rng([seed, word, index])


def latents(seeds: Iterable[int], latent_dim: int) -> np.ndarray:
    """One standard normal latent for each seed, float32 of shape ``(seeds, latent_dim)``.

    A row depends on its own seed only: the same seed gives the same picture in any batch.

    >>> bool(np.array_equal(latents([7], 4)[0], latents([3, 7], 4)[1]))
    True
    """
    rows = [generator(seed, "latent").standard_normal(latent_dim) for seed in seeds]
    return np.asarray(rows, dtype=np.float32).reshape(-1, latent_dim)
