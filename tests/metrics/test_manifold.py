from dataclasses import asdict

import numpy as np
import pytest
from sklearn.neighbors import KDTree, NearestNeighbors

from atelier.metrics import neighbours
from atelier.metrics.manifold import Manifold, compare


def by_trees(real, generated, k):
    """Compute the same four numbers from radius queries of scikit-learn's trees."""

    def radii(points):
        return NearestNeighbors(n_neighbors=k, algorithm="kd_tree").fit(points).kneighbors()[0][:, -1]

    in_real_balls = KDTree(generated).query_radius(real, radii(real))
    in_generated_balls = KDTree(real).query_radius(generated, radii(generated))
    return Manifold(
        precision=len(set(np.concatenate(in_real_balls))) / len(generated),
        recall=len(set(np.concatenate(in_generated_balls))) / len(real),
        density=sum(map(len, in_real_balls)) / (k * len(generated)),
        coverage=sum(len(found) > 0 for found in in_real_balls) / len(real),
    )


def test_numbers_agree_with_prdc(frozen):
    ours = asdict(compare(frozen.real, frozen.generated, neighbours=frozen.k))
    assert ours == pytest.approx({key: frozen.numbers[key] for key in ours}, rel=1e-12)


@pytest.mark.parametrize("k", [1, 3, 10])
def test_numbers_agree_with_trees_of_scikit_learn(rng, k):
    real, generated = rng.normal(size=(300, 4)), rng.normal(size=(220, 4)) * 1.3 + 0.4
    expected = by_trees(real, generated, k)
    assert min(asdict(expected).values()) > 0
    assert asdict(compare(real, generated, neighbours=k)) == pytest.approx(asdict(expected), rel=1e-12)


@pytest.mark.parametrize("k", [1, 4])
def test_exact_copies_have_the_largest_scores(rng, k):
    real = rng.normal(size=(100, 16)) + 50
    copies = real[rng.permutation(100)]
    assert compare(real, copies, neighbours=k) == Manifold(1.0, 1.0, (k + 1) / k, 1.0)


def test_samples_of_one_distribution_have_the_expected_density_and_coverage(rng):
    real, generated = rng.normal(size=(2, 1000, 8))
    scores = compare(real, generated, neighbours=5)
    assert scores.density == pytest.approx(1, abs=0.08)
    # Naeem et al., 2020: 1 - Π_{i=1..k} (N - i) / (2N - i), to first order 1 - 2⁻ᵏ.
    assert scores.coverage == pytest.approx(1 - 2**-5, abs=0.02)


def test_separate_distributions_have_zero_scores(rng):
    real = rng.normal(size=(50, 3))
    assert compare(real, real + 100, neighbours=3) == Manifold(0.0, 0.0, 0.0, 0.0)


def test_a_missing_mode_lowers_recall_and_coverage_but_not_precision(rng):
    modes = rng.normal(size=(2, 200, 3)) + np.array([0.0, 50.0])[:, None, None]
    whole = compare(np.concatenate(modes), np.concatenate(rng.permuted(modes, axis=2)), neighbours=5)
    half = compare(np.concatenate(modes), np.concatenate([modes[0], modes[0] + 0.01]), neighbours=5)
    assert half.precision > 0.99
    assert half.coverage == 0.5
    assert half.recall == 0.5
    assert whole.coverage > 0.9


def test_a_real_outlier_raises_precision_but_not_density(rng):
    real, generated = rng.normal(size=(200, 3)), rng.normal(size=(200, 3)) * 0.1 + 10
    real[0] = 20
    scores = compare(real, generated, neighbours=5)
    assert scores.precision == 1.0
    assert scores.density == pytest.approx(0.2)


def test_precision_and_coverage_fall_with_noise(rng):
    real, other, noise = rng.normal(size=(3, 600, 6))
    scores = [compare(real, other + level * noise, neighbours=5) for level in (0, 1, 2, 4)]
    for key in ("precision", "density", "coverage"):
        values = [getattr(score, key) for score in scores]
        assert values == sorted(values, reverse=True)
        assert values[0] > 3 * values[-1]


def test_swapping_the_sides_swaps_precision_and_recall(rng):
    real, generated = rng.normal(size=(100, 4)), rng.normal(size=(100, 4)) * 1.5
    one, other = compare(real, generated, neighbours=3), compare(generated, real, neighbours=3)
    assert (one.precision, one.recall) == (other.recall, other.precision)
    assert one.precision != one.recall


def test_numbers_do_not_change_with_a_rotation(rng, rotation):
    real, generated = rng.normal(size=(100, 8)), rng.normal(size=(100, 8)) * 1.2
    rotated = compare(real @ rotation, generated @ rotation, neighbours=3)
    assert rotated == compare(real, generated, neighbours=3)


@pytest.mark.parametrize("queries", [1, 13, 98, 99])
def test_block_size_does_not_change_the_scores(rng, monkeypatch, queries):
    # Integer features: most distances equal a radius.
    real, generated = rng.integers(0, 3, size=(120, 4)), rng.integers(0, 3, size=(99, 4))
    whole = compare(real, generated, neighbours=3)
    monkeypatch.setattr(neighbours, "BLOCK_SIZE", queries * len(real))
    assert compare(real, generated, neighbours=3) == whole


@pytest.mark.parametrize(
    ("sizes", "k", "message"),
    [
        ((5, 9), 5, "real: too few images: got 5, need at least 6"),
        ((9, 5), 5, "generated: too few images: got 5, need at least 6"),
        ((9, 9), 0, "neighbours must be at least 1, got 0"),
    ],
)
def test_too_few_images_or_neighbours_are_refused(sizes, k, message):
    with pytest.raises(ValueError, match=message):
        compare(np.zeros((sizes[0], 2)), np.zeros((sizes[1], 2)), neighbours=k)


def test_sides_with_different_features_are_refused():
    with pytest.raises(ValueError, match="real and generated differ in their number of features: 2 and 3"):
        compare(np.zeros((9, 2)), np.zeros((9, 3)), neighbours=1)


def test_features_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="generated: need finite"):
        compare(np.zeros((9, 2)), np.full((9, 2), np.nan), neighbours=1)
