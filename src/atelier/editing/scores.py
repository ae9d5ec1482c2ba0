"""What an edit does, as the dataset's judge sees it: whether it works, what else it changes, who it is afterwards.

Every face is edited once, away from what it is: where the judge sees its reconstruction without the concept (a
probability below ½), the concept is added at the given strength, else it is taken away. Reconstruction and edited
picture are compared, so that what the autoencoder loses of a face does not count.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from atelier.editing.latents import AT_ONCE
from atelier.modalities.images import generate
from atelier.modalities.judge import Judge
from atelier.networks.network import Network


@dataclass(frozen=True)
class Seen:
    """Pictures as the judge sees them.

    Attributes:
        features: float32 ``(n, features)``.
        probabilities: of each attribute, float64 ``(n, attributes)``.
    """

    features: np.ndarray
    probabilities: np.ndarray


@dataclass(frozen=True)
class Score:
    """What one vector does.

    Attributes:
        flip_rate: share of the faces that are seen with the concept after it was added, and share of those that are
            seen without it after it was taken away, averaged; one of them alone if all faces are on one side.
        leakage: mean |change of the judge's probability| over faces and all other attributes.
        identity_drift: mean distance between the judge's features of a reconstruction and of the edited picture, in
            units of that between the reconstructions of two random faces: 1 is another person.
        change: mean change of each probability in the direction of adding the concept, ``(attributes,)``.
    """

    flip_rate: float
    leakage: float
    identity_drift: float
    change: np.ndarray


@dataclass(frozen=True)
class Gauge:
    """The faces that edits are measured on, before any edit.

    Attributes:
        z: their posterior means, ``(n, latent_dim)``.
        before: their reconstructions as the judge sees them.
        apart: mean distance between the features of two random ones.
    """

    network: Network
    judge: Judge
    batch: int
    z: np.ndarray
    before: Seen
    apart: float


def gauge(network: Network, judge: Judge, z: np.ndarray, batch: int) -> Gauge:
    """Prepare to measure edits of faces in random order, `z` ``(n, latent_dim)`` with n ≥ 2."""
    before = see(network, judge, z, batch)
    # The order is random, so that neighbours are random pairs.
    apart = np.linalg.norm(before.features - np.roll(before.features, 1, axis=0), axis=1).mean(dtype=np.float64)
    return Gauge(network, judge, batch, z, before, float(apart))


def see(network: Network, judge: Judge, z: np.ndarray, batch: int) -> Seen:
    """Decode latents ``(n, latent_dim)`` and let the judge look at the pictures, a piece at a time."""
    pieces = [z[start : start + AT_ONCE] for start in range(0, len(z), AT_ONCE)]
    features = np.concatenate([judge.features(generate.decode(network, p, batch)) for p in pieces])
    logits = judge.logits(features).astype(np.float64)
    return Seen(features, 1 / (1 + np.exp(-logits)))


def score(faces: Gauge, vectors: np.ndarray, attributes: Sequence[int], strength: float) -> list[Score]:
    """Measure some vectors, ``(vectors, latent_dim)``, each of the attribute with the index at its place."""
    before = faces.before
    had = before.probabilities[:, attributes].T >= 0.5
    towards = np.where(had, -1, 1).astype(np.float32)
    edited = faces.z + strength * towards[..., None] * vectors[:, None]
    # All of them at once: calls of a network cost more than a few pictures.
    seen = see(faces.network, faces.judge, edited.reshape(-1, edited.shape[-1]), faces.batch)
    features = seen.features.reshape(*had.shape, -1)
    probabilities = seen.probabilities.reshape(*had.shape, -1)
    return [
        _score(faces, attribute, had[i], Seen(features[i], probabilities[i])) for i, attribute in enumerate(attributes)
    ]


def _score(faces: Gauge, attribute: int, had: np.ndarray, after: Seen) -> Score:
    change = after.probabilities - faces.before.probabilities
    flipped = (after.probabilities[:, attribute] >= 0.5) != had
    sides = [flipped[side].mean() for side in (had, ~had) if side.any()]
    others = np.abs(np.delete(change, attribute, axis=1))
    moved = np.linalg.norm(after.features - faces.before.features, axis=1).mean(dtype=np.float64)
    return Score(
        flip_rate=float(np.mean(sides)),
        leakage=float(others.mean()) if others.size else 0.0,
        identity_drift=float(moved / max(faces.apart, 1e-12)),
        change=(np.where(had, -1, 1)[:, None] * change).mean(axis=0),
    )
