"""Distortions of training images have the configured size."""

import numpy as np
from scipy import ndimage

from atelier.core import seeds
from atelier.families.vae.train import distort
from atelier.training.batches import Batches

BLOB = np.zeros((28, 28), np.float32)
BLOB[8:20, 12:16] = 255
IMAGES = np.repeat(ndimage.gaussian_filter(BLOB, 1)[None, ..., None], 200, axis=0).astype(np.uint8)


def angles(images: np.ndarray) -> np.ndarray:
    """Direction of the long axis of each image, in degrees, from its second moments."""
    y, x = np.mgrid[0:28, 0:28] - 13.5
    mass = images[..., 0].astype(np.float64)
    total = mass.sum(axis=(1, 2))
    yy, xx, xy = ((mass * m).sum(axis=(1, 2)) / total for m in (y * y, x * x, x * y))
    return np.degrees(0.5 * np.arctan2(2 * xy, yy - xx))


def test_distortion_of_size_zero_changes_nothing():
    np.testing.assert_array_equal(distort(IMAGES, seeds.generator(0), 0.0, 0.0), IMAGES)


def test_rotation_has_the_configured_standard_deviation():
    spread = angles(distort(IMAGES, seeds.generator(0), 5.0, 0.0)).std()
    # Shear by 5 % also rotates the axis: √(5² + (5 % in degrees)²).
    np.testing.assert_allclose(spread, np.hypot(5, 0.05 * 57.3), rtol=0.15)


def test_bending_changes_images_but_keeps_their_mean():
    bent = distort(IMAGES, seeds.generator(0), 0.0, 0.5)
    assert (bent != IMAGES).any(axis=(1, 2, 3)).all()
    np.testing.assert_allclose(bent.mean(), IMAGES.mean(), rtol=0.02)


def test_each_image_is_distorted_differently():
    assert len({image.tobytes() for image in distort(IMAGES, seeds.generator(0), 2.0, 0.3)}) == len(IMAGES)


def test_same_generator_gives_the_same_bytes():
    first, again = (distort(IMAGES, seeds.generator(3), 2.0, 0.3) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_distorted_image_is_black_outside_the_original():
    white = np.full((4, 28, 28, 3), 255, np.uint8)
    turned = distort(white, seeds.generator(0), 45.0, 0.0)
    assert turned.shape == white.shape
    assert (turned[:, 12:16, 12:16] == 255).all()
    assert (turned == 0).any()


def test_last_epochs_are_not_augmented():
    def blacken(batch: np.ndarray, _: np.random.Generator) -> np.ndarray:
        return np.zeros_like(batch)

    batches = Batches((IMAGES,), 50, 0, blacken, augmented_epochs=2)
    black = []
    for epoch in range(4):
        batches.start_epoch(epoch)
        black.append(not any(images.any() for (images,) in (batches[i] for i in range(len(batches)))))
    assert black == [True, True, False, False]
