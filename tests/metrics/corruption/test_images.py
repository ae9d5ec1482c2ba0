import numpy as np
import pytest

from atelier.metrics.corruption.images import blur, noise


@pytest.fixture
def images(rng):
    return rng.integers(0, 256, (3, 16, 12, 3), np.uint8)


def test_blur_of_one_pixel_is_a_gaussian():
    image = np.zeros((1, 31, 31, 1), np.uint8)
    image[0, 15, 15] = 255
    squares = (np.arange(31) - 15) ** 2
    gaussian = np.exp(-squares / (2 * 2.0**2))
    expected = 255 * np.outer(gaussian, gaussian) / gaussian.sum() ** 2
    assert np.abs(blur(image, sigma=2.0)[0, ..., 0] - expected).max() <= 0.51


def test_blur_mixes_neither_images_nor_channels(images):
    changed = images.copy()
    changed[1, ..., 2] = 0
    equal = (blur(images, 1.5) == blur(changed, 1.5)).all(axis=(1, 2))
    assert equal.tolist() == [[True] * 3, [True, True, False], [True] * 3]


def test_blur_keeps_constant_images_and_the_data_type():
    constant = np.full((2, 9, 9, 3), 200, np.uint8)
    blurred = blur(constant, 3.0)
    assert blurred.dtype == np.uint8
    assert np.array_equal(blurred, constant)


def test_noise_has_the_given_standard_deviation():
    grey = np.full((10, 64, 64, 1), 128, np.uint8)
    difference = noise(grey, share=0.1, seed=3) - grey.astype(float)
    assert difference.std() == pytest.approx(25.5, rel=0.02)
    assert abs(difference.mean()) < 5 * 25.5 / np.sqrt(difference.size)


def test_noise_is_clipped_and_does_not_wrap_around():
    assert noise(np.full((4, 8, 8, 3), 250, np.uint8), share=0.05, seed=0).min() > 128
    assert noise(np.full((4, 8, 8, 3), 5, np.uint8), share=0.05, seed=0).max() < 128


def test_noise_depends_on_its_seed(images):
    assert np.array_equal(noise(images, 0.1, seed=1), noise(images, 0.1, seed=1))
    assert not np.array_equal(noise(images, 0.1, seed=1), noise(images, 0.1, seed=2))
