"""Scores of edits: closed forms where picture and judge are known, and what a real network and judge make of them."""

import numpy as np
import pytest

from atelier.editing import concepts, latents, scores, tables
from atelier.editing.scores import Gauge, Score, Seen
from atelier.networks import network as networks

LATENT = np.array([[-2.0, 0.5, 0.0], [-0.5, 0.5, 0.0], [3.0, -1.0, 0.0], [0.5, -1.0, 0.0]], np.float32)


def score(faces: Gauge, vector: np.ndarray, attribute: int, strength: float) -> Score:
    (only,) = scores.score(faces, vector[None], [attribute], strength)
    return only


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.asarray(x, np.float64)))


@pytest.fixture
def transparent(monkeypatch) -> Gauge:
    """Faces whose features are their latents, and whose attributes are the signs of the first two."""

    def see(network, judge, z, batch) -> Seen:
        return Seen(z, sigmoid(z[:, :2]))

    monkeypatch.setattr(scores, "see", see)
    return scores.gauge(None, None, LATENT, 1)


def test_flip_rate_is_the_mean_of_both_directions(transparent: Gauge):
    step = np.array([1.0, 0.0, 0.0], np.float32)
    # One of the two faces without crosses the boundary at 0, and one of the two with.
    assert score(transparent, step, 0, strength=1).flip_rate == 0.5
    assert score(transparent, step, 0, strength=2.5).flip_rate == np.mean([1, 0.5])
    assert score(transparent, step, 0, strength=4).flip_rate == 1


def test_flip_rate_of_faces_on_one_side_is_that_of_this_side(monkeypatch, transparent: Gauge):
    above = scores.gauge(None, None, np.abs(LATENT), 1)
    assert score(above, np.array([1.0, 0, 0], np.float32), 0, strength=2.2).flip_rate == 0.75


def test_leakage_is_the_mean_change_of_other_probabilities(transparent: Gauge):
    scored = score(transparent, np.array([1.0, 0.5, 0.0], np.float32), 0, strength=1)
    towards = np.array([1, 1, -1, -1])
    change = sigmoid(LATENT[:, 1] + 0.5 * towards) - sigmoid(LATENT[:, 1])
    assert scored.leakage == pytest.approx(np.abs(change).mean(), rel=1e-6)
    assert scored.change[1] == pytest.approx((towards * change).mean(), rel=1e-6)
    assert scored.change[0] > 0


def test_identity_drift_is_in_units_of_the_distance_between_two_faces(transparent: Gauge):
    apart = np.linalg.norm(LATENT - np.roll(LATENT, 1, axis=0), axis=1).mean()
    scored = score(transparent, np.array([0.0, 0.0, 1.0], np.float32), 0, strength=2)
    assert scored.identity_drift == pytest.approx(2 / apart, rel=1e-6)
    assert (scored.flip_rate, scored.leakage) == (0, 0)


def test_dataset_with_a_single_attribute_leaks_nothing(monkeypatch, transparent: Gauge):
    monkeypatch.setattr(scores, "see", lambda network, judge, z, batch: Seen(z, sigmoid(z[:, :1])))
    alone = scores.gauge(None, None, LATENT, 1)
    assert score(alone, np.array([1.0, 1, 1], np.float32), 0, strength=1).leakage == 0


@pytest.fixture(scope="module")
def measured(network, data, judge, params):
    found = concepts.concepts(network, data, params)
    z = latents.posterior_means(network, data.images("test"), np.arange(100), 50)
    faces = scores.gauge(network, networks.load(judge), z, 50)
    return found, faces, tables.measure(faces, found, params.strength)


def test_judge_sees_what_was_added_and_taken_away(measured):
    found, _, scored = measured
    for attribute, name in enumerate(found.names):
        assert scored[0, attribute].flip_rate > 0.8, name
        assert scored[0, attribute].change[attribute] > 0.5, name


def test_holding_the_other_attributes_fixed_leaks_less(measured):
    _, _, scored = measured
    raw, orthogonal = (np.mean([scored[kind, attribute].leakage for attribute in (0, 2)]) for kind in (0, 1))
    assert orthogonal < raw


def test_random_direction_of_the_same_length_does_not_flip_as_many(measured, params):
    found, faces, scored = measured
    random = np.random.default_rng(3).normal(size=8)
    random *= np.linalg.norm(found.vectors[0, 0]) / np.linalg.norm(random)
    chance = score(faces, random.astype(np.float32), 0, params.strength)
    assert chance.flip_rate < scored[0, 0].flip_rate / 2


def test_score_does_not_depend_on_the_pieces_that_are_looked_at(measured, monkeypatch, params):
    found, faces, scored = measured
    monkeypatch.setattr(scores, "AT_ONCE", 50)
    again = score(faces, found.vectors[0, 0], 0, params.strength)
    assert again.flip_rate == pytest.approx(scored[0, 0].flip_rate, abs=0.02)
    assert again.leakage == pytest.approx(scored[0, 0].leakage, rel=1e-3)
