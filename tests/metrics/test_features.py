import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from atelier.metrics.features import checked, checked_pair, moments


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8, np.int64])
def test_features_of_any_number_type_become_float64(dtype):
    matrix = checked(np.array([[1, 2], [3, 4]], dtype))
    assert matrix.dtype == np.float64
    assert matrix.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("shape", [(), (3,), (2, 2, 2), (3, 0)])
def test_only_a_matrix_is_accepted(shape):
    with pytest.raises(ValueError, match=r"need numbers of shape \(images, features\), got float64"):
        checked(np.zeros(shape))


@pytest.mark.parametrize("values", [[["a"]], [[1j]], [[True]], [[None]]])
def test_only_real_numbers_are_accepted(values):
    with pytest.raises(ValueError, match="need numbers"):
        checked(values)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e49])
def test_error_names_the_first_row_that_is_not_finite(value):
    features = np.zeros((4, 3))
    features[2:, 1] = value
    with pytest.raises(ValueError, match=r"samples: need finite features .* in 2 of 4 rows, the first in row 2"):
        checked(features, "samples")


def test_too_few_images_are_refused():
    with pytest.raises(ValueError, match="real: too few images: got 2, need at least 3"):
        checked(np.zeros((2, 2)), "real", least=3)
    assert checked(np.zeros((3, 2)), "real", least=3).shape == (3, 2)


def test_sides_with_different_features_are_refused():
    with pytest.raises(ValueError, match="real and generated differ in their number of features: 2 and 3"):
        checked_pair(np.zeros((2, 2)), np.zeros((2, 3)), ("real", "generated"))


def test_error_names_the_side_that_is_wrong():
    with pytest.raises(ValueError, match=r"^b: too few images"):
        checked_pair(np.zeros((2, 2)), np.zeros((1, 2)), least=2)


def test_moments_are_those_of_numpy(rng):
    features = rng.normal(size=(300, 5)) * [1, 2, 3, 4, 5] + [5, 4, 3, 2, 1]
    mean, covariance = moments(features)
    assert np.allclose(mean, features.mean(axis=0), rtol=1e-12)
    assert np.allclose(covariance, np.cov(features.T), rtol=1e-11, atol=1e-12)
    assert np.array_equal(covariance, covariance.T)


def test_float32_features_are_summed_in_float64():
    mean, _ = moments(np.full((100_000, 1), np.float32(0.1)))
    assert mean[0] == pytest.approx(float(np.float32(0.1)), rel=1e-14)


def test_bytes_of_moments_do_not_depend_on_the_number_of_blas_threads(rng):
    features = rng.normal(size=(2000, 65))
    results = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            results.append([part.tobytes() for part in moments(features)])
    assert results[0] == results[1]


@pytest.mark.parametrize(
    ("features", "message"),
    [([[1.0, 2.0]], "too few images: got 1, need at least 2"), ([[1.0], [np.nan]], "need finite features")],
)
def test_features_without_a_covariance_are_refused(features, message):
    with pytest.raises(ValueError, match=message):
        moments(features)
