"""Decoding a 30×30 latent manifold: in batches, against one call of `predict` per image."""

from collections.abc import Iterator

import numpy as np

import textbook_vae
from atelier.families.vae.sample import plane
from atelier.modalities.images import generate
from atelier.networks import network as networks
from embedded import DIGITS
from side_by_side import Comparison, Side, compare

SIDE, BATCH, ROUNDS = 30, 100, 6


def measure() -> Comparison:
    network = networks.build("vae", textbook_vae.OURS, DIGITS, seed=0, precision="float32")
    z = plane(np.zeros((1, textbook_vae.LATENT_DIM))).latents(SIDE)
    decoder = network.model.decoder

    def predict(latents: np.ndarray) -> np.ndarray:
        return np.concatenate([network.model.pixels(decoder.predict(one[None], verbose=0)) for one in latents])

    # The whole loop takes most of a minute: each round runs a part of it, and the warm-up runs the last part.
    parts: Iterator[np.ndarray] = iter([np.array_split(z, ROUNDS)[-1], *np.array_split(z, ROUNDS)])
    looped: list[np.ndarray] = []
    comparison = compare(
        Side(lambda: generate.decode(network, z, BATCH), len(z)),
        Side(lambda: looped.append(predict(next(parts))), len(z) // ROUNDS),
        unit="images",
        rounds=ROUNDS,
    )
    difference = np.abs(np.concatenate(looped[1:]).astype(int) - generate.decode(network, z, BATCH)).max()
    # Rounding errors depend on the batch size and can change a grey level by one.
    if difference > 1:
        raise ValueError(f"the two manifolds differ by up to {difference} grey levels, at most 1 is allowed")
    return comparison
