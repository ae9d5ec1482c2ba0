"""Measure edits with the dataset's judge: whether they succeed, what else they change, and how far identity drifts.

Every face is edited once, to the opposite of its current state: the concept is added if the judge predicts it for the
reconstruction with a probability below ½, and removed otherwise. Edited pictures are compared with reconstructions, so
errors of the autoencoder, or of the inversion, do not count.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from atelier.editing.latents import CHUNK
from atelier.editing.space import Space
from atelier.modalities.judge import Judge


@dataclass(frozen=True)
class Prediction:
    """The judge's features ``(n, features)`` and probabilities of attributes ``(n, attributes)`` for some pictures."""

    features: np.ndarray
    probabilities: np.ndarray


@dataclass(frozen=True)
class Score:
    """What edits with one vector, or by one flipped condition, change.

    Attributes:
        flip_rate: share of faces whose predicted concept changed as intended, averaged over additions and removals; if
            there are only additions or only removals, the share of those.
        leakage: mean |change of probability| over faces and all other attributes.
        identity_drift: mean distance between the features of a reconstruction and of its edited picture, divided by the
            mean distance between two random reconstructions: 1 is another person.
        change: mean change of each probability in the direction of adding the concept, ``(attributes,)``.
    """

    flip_rate: float
    leakage: float
    identity_drift: float
    change: np.ndarray


@dataclass(frozen=True)
class Baseline:
    """The faces that edits are measured on, before any edit.

    Attributes:
        points: ``(n, dim)``.
        before: the prediction for the reconstructions.
        pair_distance: mean distance between the features of two random faces.
    """

    space: Space
    judge: Judge
    points: np.ndarray
    before: Prediction
    pair_distance: float


def baseline(space: Space, judge: Judge, points: np.ndarray) -> Baseline:
    """Measure unedited faces, points ``(n, dim)`` in random order with n ≥ 2."""
    before = predict(space, judge, points)
    # The order is random, so neighbours are random pairs.
    distances = np.linalg.norm(before.features - np.roll(before.features, 1, axis=0), axis=1)
    return Baseline(space, judge, points, before, float(distances.mean(dtype=np.float64)))


def predict(space: Space, judge: Judge, points: np.ndarray) -> Prediction:
    """Decode points ``(n, dim)`` and apply the judge to the pictures, in chunks."""
    chunks = (points[start : start + CHUNK] for start in range(0, len(points), CHUNK))
    features = np.concatenate([judge.features(space.pictures(chunk)) for chunk in chunks])
    logits = judge.logits(features).astype(np.float64)
    return Prediction(features, 1 / (1 + np.exp(-logits)))


def score(faces: Baseline, steps: np.ndarray, attributes: Sequence[int], strength: float) -> list[Score]:
    """Measure edits with each of `steps` ``(steps, dim)``, which add the attributes with these indices."""
    before = faces.before
    had = before.probabilities[:, attributes].T >= 0.5
    sign = np.where(had, -1, 1).astype(np.float32)
    edited = faces.points + strength * sign[..., None] * steps[:, None]
    # All steps at once, because a call of a network costs more than a few pictures.
    after = predict(faces.space, faces.judge, edited.reshape(-1, edited.shape[-1]))
    features = after.features.reshape(*had.shape, -1)
    probabilities = after.probabilities.reshape(*had.shape, -1)
    return [
        _score(faces, attribute, had[i], Prediction(features[i], probabilities[i]))
        for i, attribute in enumerate(attributes)
    ]


def _score(faces: Baseline, attribute: int, had: np.ndarray, after: Prediction) -> Score:
    change = after.probabilities - faces.before.probabilities
    flipped = (after.probabilities[:, attribute] >= 0.5) != had
    rates = [flipped[group].mean() for group in (had, ~had) if group.any()]
    others = np.abs(np.delete(change, attribute, axis=1))
    distance = np.linalg.norm(after.features - faces.before.features, axis=1).mean(dtype=np.float64)
    return Score(
        flip_rate=float(np.mean(rates)),
        leakage=float(others.mean()) if others.size else 0.0,
        identity_drift=float(distance / max(faces.pair_distance, 1e-12)),
        change=(np.where(had, -1, 1)[:, None] * change).mean(axis=0),
    )
