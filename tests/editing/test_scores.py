"""Scores of edits: closed forms for a transparent judge, and a trained network with a trained judge."""

import numpy as np
import pytest

from atelier.editing import concepts, latents, scores, tables
from atelier.editing.scores import Baseline, Prediction, Score
from atelier.modalities.judge import Judge

LATENT = np.array([[-2.0, 0.5, 0.0], [-0.5, 0.5, 0.0], [3.0, -1.0, 0.0], [0.5, -1.0, 0.0]], np.float32)


def score(faces: Baseline, vector: np.ndarray, attribute: int, strength: float) -> Score:
    (only,) = scores.score(faces, vector[None], [attribute], strength)
    return only


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.asarray(x, np.float64)))


@pytest.fixture
def transparent(monkeypatch) -> Baseline:
    """Faces whose features are their latents, and whose attributes are the signs of the first two latents."""

    def predict(space, judge, points) -> Prediction:
        return Prediction(points, sigmoid(points[:, :2]))

    monkeypatch.setattr(scores, "predict", predict)
    return scores.baseline(None, None, LATENT)


def test_flip_rate_is_the_mean_of_both_directions(transparent: Baseline):
    step = np.array([1.0, 0.0, 0.0], np.float32)
    # One of two faces without the attribute crosses the boundary at 0, and one of two faces with it.
    assert score(transparent, step, 0, strength=1).flip_rate == 0.5
    assert score(transparent, step, 0, strength=2.5).flip_rate == np.mean([1, 0.5])
    assert score(transparent, step, 0, strength=4).flip_rate == 1


def test_flip_rate_of_faces_with_one_label_is_that_of_one_direction(monkeypatch, transparent: Baseline):
    positive = scores.baseline(None, None, np.abs(LATENT))
    assert score(positive, np.array([1.0, 0, 0], np.float32), 0, strength=2.2).flip_rate == 0.75


def test_leakage_is_the_mean_change_of_other_probabilities(transparent: Baseline):
    scored = score(transparent, np.array([1.0, 0.5, 0.0], np.float32), 0, strength=1)
    sign = np.array([1, 1, -1, -1])
    change = sigmoid(LATENT[:, 1] + 0.5 * sign) - sigmoid(LATENT[:, 1])
    assert scored.leakage == pytest.approx(np.abs(change).mean(), rel=1e-6)
    assert scored.change[1] == pytest.approx((sign * change).mean(), rel=1e-6)
    assert scored.change[0] > 0


def test_identity_drift_is_relative_to_the_distance_between_two_faces(transparent: Baseline):
    distance = np.linalg.norm(LATENT - np.roll(LATENT, 1, axis=0), axis=1).mean()
    scored = score(transparent, np.array([0.0, 0.0, 1.0], np.float32), 0, strength=2)
    assert scored.identity_drift == pytest.approx(2 / distance, rel=1e-6)
    assert (scored.flip_rate, scored.leakage) == (0, 0)


def test_leakage_is_zero_for_a_single_attribute(monkeypatch, transparent: Baseline):
    monkeypatch.setattr(scores, "predict", lambda space, judge, points: Prediction(points, sigmoid(points[:, :1])))
    faces = scores.baseline(None, None, LATENT)
    assert score(faces, np.array([1.0, 1, 1], np.float32), 0, strength=1).leakage == 0


@pytest.fixture(scope="module")
def measured(space, data, judge, params):
    found = concepts.compute(space, data, params)
    points = latents.encode(space, data, "test", np.arange(100))
    faces = scores.baseline(space, Judge.load(judge), points)
    return found, faces, tables.measure(faces, found, params.strength)


def test_judge_recognises_added_and_removed_attributes(measured):
    found, _, scored = measured
    for attribute, name in enumerate(found.names):
        assert scored[0, attribute].flip_rate > 0.8, name
        assert scored[0, attribute].change[attribute] > 0.5, name


def test_orthogonal_vectors_leak_less(measured):
    _, _, scored = measured
    raw, orthogonal = (np.mean([scored[kind, attribute].leakage for attribute in (0, 2)]) for kind in (0, 1))
    assert orthogonal < raw


def test_random_direction_of_the_same_length_flips_fewer_faces(measured, params):
    found, faces, scored = measured
    random = np.random.default_rng(3).normal(size=8)
    random *= np.linalg.norm(found.vectors[0, 0]) / np.linalg.norm(random)
    chance = score(faces, random.astype(np.float32), 0, params.strength)
    assert chance.flip_rate < scored[0, 0].flip_rate / 2


def test_score_does_not_depend_on_chunks(measured, monkeypatch, params):
    found, faces, scored = measured
    monkeypatch.setattr(scores, "CHUNK", 50)
    again = score(faces, found.vectors[0, 0], 0, params.strength)
    assert again.flip_rate == pytest.approx(scored[0, 0].flip_rate, abs=0.02)
    assert again.leakage == pytest.approx(scored[0, 0].leakage, rel=1e-3)
