import numpy as np
import pytest
import scipy.linalg

from atelier.metrics.features import moments
from atelier.metrics.frechet import frechet_distance


def distance(a, b):
    return frechet_distance(*moments(a), *moments(b))


def covariance(rng, features, images=200):
    return np.cov(rng.normal(size=(features, images)))


def test_distance_of_shifted_gaussians_is_that_of_their_means(rng):
    cov, shift = covariance(rng, 6), rng.normal(size=6)
    assert frechet_distance(np.zeros(6), cov, shift, cov) == pytest.approx(shift @ shift, rel=1e-12)


@pytest.mark.parametrize(("mean_b", "std_a", "std_b"), [(0, 1, 3), (2, 1, 1), (-1.5, 0.1, 4), (3, 0, 2), (1, 0, 0)])
def test_one_dimension_has_a_closed_form(mean_b, std_a, std_b):
    expected = mean_b**2 + (std_a - std_b) ** 2
    assert frechet_distance([0], [[std_a**2]], [mean_b], [[std_b**2]]) == pytest.approx(expected, rel=1e-12)


def test_covariances_with_common_eigenvectors_have_a_closed_form(rng, rotation):
    a, b = rng.uniform(0, 4, 8), rng.uniform(0, 4, 8)
    expected = np.sum((np.sqrt(a) - np.sqrt(b)) ** 2)
    zero = np.zeros(8)
    assert frechet_distance(zero, np.diag(a), zero, np.diag(b)) == pytest.approx(expected, rel=1e-12)
    rotated = [rotation @ np.diag(values) @ rotation.T for values in (a, b)]
    assert frechet_distance(zero, rotated[0], zero, rotated[1]) == pytest.approx(expected, rel=1e-10)


def test_two_dimensions_have_a_closed_form():
    a, b = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([[4.0, -1.0], [-1.0, 1.0]])
    # The trace of the square root of a 2×2 matrix is √(Tr + 2·√det).
    root = np.sqrt(np.trace(a @ b) + 2 * np.sqrt(np.linalg.det(a @ b)))
    expected = np.trace(a) + np.trace(b) - 2 * root
    assert frechet_distance([0, 0], a, [0, 0], b) == pytest.approx(expected, rel=1e-12)


def test_distance_agrees_with_the_matrix_square_root_of_scipy(rng):
    a, b = covariance(rng, 12), covariance(rng, 12) * 2
    expected = np.trace(a) + np.trace(b) - 2 * np.trace(scipy.linalg.sqrtm(a @ b)).real
    assert frechet_distance(np.zeros(12), a, np.zeros(12), b) == pytest.approx(expected, rel=1e-9)


def test_distance_agrees_with_torchmetrics(frozen):
    assert distance(frozen.real, frozen.generated) == pytest.approx(frozen.numbers["fd"], rel=1e-6)


@pytest.mark.parametrize("images", [3, 20, 500])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_distance_to_itself_is_zero(rng, images, scale):
    features = np.maximum(rng.normal(size=(images, 32)), 0) * scale
    assert distance(features, features) == 0.0


def test_distance_of_constant_features_is_that_of_their_means():
    assert distance(np.full((7, 3), 5.3), np.full((9, 3), 5.3)) == pytest.approx(0.0, abs=1e-11)
    assert distance(np.full((7, 3), 5.3), np.full((9, 3), 7.3)) == pytest.approx(12.0, rel=1e-11)


def test_distance_is_symmetric(rng):
    a, b = rng.normal(size=(100, 16)), rng.normal(size=(80, 16)) * 2 + 1
    assert distance(a, b) == pytest.approx(distance(b, a), rel=1e-12)


def test_distance_is_never_negative(rng):
    features = rng.normal(size=(30, 48))
    for size in (1e-3, 1e-6, 1e-9, 1e-12, 1e-15):
        assert distance(features, features + size * rng.normal(size=features.shape)) >= 0.0


def test_distance_does_not_change_with_a_rotation(rng, rotation):
    a, b = rng.normal(size=(100, 8)), rng.normal(size=(100, 8)) * np.arange(1, 9)
    assert distance(a @ rotation, b @ rotation) == pytest.approx(distance(a, b), rel=1e-10)


def test_distance_scales_with_the_square_of_the_features(rng):
    a, b = rng.normal(size=(100, 8)), rng.normal(size=(100, 8)) + 0.3
    assert distance(3 * a, 3 * b) == pytest.approx(9 * distance(a, b), rel=1e-10)


def test_distance_rises_with_noise(rng):
    real, other, noise = rng.normal(size=(3, 1000, 8))
    distances = [distance(real, other + level * noise) for level in (0, 0.5, 1, 2)]
    assert distances == sorted(distances)
    assert distances[-1] > 10 * distances[0]


def test_rank_deficient_covariances_lose_no_precision(rotation):
    a, b = np.diag([4.0, 1, 0, 0, 0, 0, 0, 0]), np.diag([1.0, 0, 9, 0, 0, 0, 0, 0])
    a, b = rotation @ a @ rotation.T, rotation @ b @ rotation.T
    assert frechet_distance(np.zeros(8), a, np.zeros(8), b) == pytest.approx(1 + 1 + 9, rel=1e-12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, 0], np.eye(2), [0, 0, 0], np.eye(3)), "differ in their number of features: 2 and 3"),
        (([0, 0], np.eye(3), [0, 0], np.eye(2)), r"cov_a \(features, features\), got \(2,\), \(3, 3\)"),
        (([[0, 0]], np.eye(2), [0, 0], np.eye(2)), r"got \(1, 2\)"),
        (([], np.empty((0, 0)), [], np.empty((0, 0))), r"got \(0,\)"),
        (([0, 0], np.eye(2), [0, np.nan], np.eye(2)), "mean_b and cov_b must be finite"),
        (([0, 0], np.full((2, 2), np.inf), [0, 0], np.eye(2)), "mean_a and cov_a must be finite"),
        (([0, 0], np.eye(2), [0, 0], [[1, 0.5], [0, 1]]), "cov_b is not symmetric: entries differ by up to 0.5"),
        (([0, 0], [[1, 2], [2, 1]], [0, 0], np.eye(2)), "cov_a is not a covariance: it has an eigenvalue of -1"),
    ],
)
def test_invalid_gaussians_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        frechet_distance(*arguments)
