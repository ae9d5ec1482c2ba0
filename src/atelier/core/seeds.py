"""Random generators for each purpose, and latents for each seed."""

from collections.abc import Iterable
from hashlib import sha256

import numpy as np


def generator(seed: int, purpose: str = "", index: int = 0) -> np.random.Generator:
    """Create a generator that depends on its arguments only.

    Generators for two purposes are independent, even with the same seed: more draws for one do not change the other.
    """
    word = int.from_bytes(sha256(purpose.encode()).digest()[:8], "big")
    return np.random.default_rng([seed, word, index])


def latents(seeds: Iterable[int], latent_dim: int) -> np.ndarray:
    """Draw one standard normal latent for each seed, float32 of shape ``(seeds, latent_dim)``.

    A row depends on its own seed only: a seed gives the same image in every batch.

    >>> bool(np.array_equal(latents([7], 4)[0], latents([3, 7], 4)[1]))
    True
    """
    rows = [generator(seed, "latent").standard_normal(latent_dim) for seed in seeds]
    return np.asarray(rows, dtype=np.float32).reshape(-1, latent_dim)
