"""The 30×30 latent manifold: batched decoding against a call of `predict` for each picture."""

from collections.abc import Iterator

import numpy as np

import textbook_vae
from atelier.families.vae import network as vae
from atelier.networks import network as networks
from atelier.modalities.images import generate as generation
from atelier.families.vae.sample import plane
from embedded import DIGITS
from side_by_side import Comparison, Side, compare

SIDE, BATCH, ROUNDS = 30, 100, 6


def measure() -> Comparison:
    network = networks.build("vae", textbook_vae.OURS, DIGITS, seed=0, precision="float32")
    z = plane(np.zeros((1, textbook_vae.LATENT_DIM))).latents(SIDE)
    decoder = network.model.decoder

    def predict(latents: np.ndarray) -> np.ndarray:
        return np.concatenate([vae.pixels(decoder.predict(one[None], verbose=0), textbook_vae.OURS) for one in latents])

    # The loop takes most of a minute, so that each round runs a part of it; the warm-up is the last part once more.
    parts: Iterator[np.ndarray] = iter([np.array_split(z, ROUNDS)[-1], *np.array_split(z, ROUNDS)])
    looped: list[np.ndarray] = []
    comparison = compare(
        Side(lambda: generation.decode(network, z, BATCH), len(z)),
        Side(lambda: looped.append(predict(next(parts))), len(z) // ROUNDS),
        unit="pictures",
        rounds=ROUNDS,
    )
    apart = np.concatenate(looped[1:]).astype(int) - generation.decode(network, z, BATCH)
    # Kernels round differently for another batch size, which can tip a grey level to the next.
    if np.abs(apart).max() > 1:
        raise ValueError(f"the two manifolds differ by up to {np.abs(apart).max()} grey levels")
    return comparison
