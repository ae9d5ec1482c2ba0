import numpy as np
import pytest

from atelier.metrics.features import checked, checked_pair


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8, np.int64])
def test_features_of_any_number_type_become_float64(dtype):
    matrix = checked(np.array([[1, 2], [3, 4]], dtype))
    assert matrix.dtype == np.float64
    assert matrix.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("shape", [(), (3,), (2, 2, 2), (3, 0)])
def test_features_are_a_matrix(shape):
    with pytest.raises(ValueError, match=r"need numbers of shape \(images, features\), got float64"):
        checked(np.zeros(shape))


@pytest.mark.parametrize("values", [[["a"]], [[1j]], [[True]], [[None]]])
def test_features_are_real_numbers(values):
    with pytest.raises(ValueError, match="need numbers"):
        checked(values)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e49])
def test_error_names_the_row_that_is_not_finite(value):
    features = np.zeros((4, 3))
    features[2:, 1] = value
    with pytest.raises(ValueError, match=r"samples: need finite features .* in 2 of 4 rows, the first in row 2"):
        checked(features, "samples")


def test_too_few_images_is_an_error():
    with pytest.raises(ValueError, match="real: too few images: got 2, need at least 3"):
        checked(np.zeros((2, 2)), "real", least=3)
    assert checked(np.zeros((3, 2)), "real", least=3).shape == (3, 2)


def test_two_sides_have_the_same_features():
    with pytest.raises(ValueError, match="real and generated differ in their number of features: 2 and 3"):
        checked_pair(np.zeros((2, 2)), np.zeros((2, 3)), ("real", "generated"))


def test_error_names_the_side_that_is_wrong():
    with pytest.raises(ValueError, match=r"^b: too few images"):
        checked_pair(np.zeros((2, 2)), np.zeros((1, 2)), least=2)
