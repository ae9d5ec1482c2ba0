"""Differentiable augmentations of the images that a discriminator sees (Zhao et al., 2020, arXiv:2006.10738)."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


def augmented(images: Any, kinds: Sequence[str], seed: keras.random.SeedGenerator) -> Any:
    """Augment each image at random.

    Args:
        images: float32 ``(n, h, w, c)`` from −1 to 1.
        kinds: some of ``colour`` (brightness, saturation, contrast), ``translation`` (up to an eighth of a side, filled
            with zeros) and ``cutout`` (a square of half a side set to zero).
    """
    if "colour" in kinds:
        brightness, saturation, contrast = (
            keras.random.uniform((ops.shape(images)[0], 1, 1, 1), low, high, seed=seed)
            for low, high in ((-0.5, 0.5), (0.0, 2.0), (0.5, 1.5))
        )
        images = images + brightness
        grey = ops.mean(images, axis=3, keepdims=True)
        images = grey + saturation * (images - grey)
        mean = ops.mean(images, axis=(1, 2, 3), keepdims=True)
        images = mean + contrast * (images - mean)
    if "translation" in kinds:
        images = _translated(images, seed)
    if "cutout" in kinds:
        images = images * _cutout_mask(images, seed)
    return images


def _translated(images: Any, seed: keras.random.SeedGenerator) -> Any:
    """Shift by whole pixels: multiply rows and columns with one-hot matrices."""
    shifted = images
    for axis, equation in ((1, "nab,nbwc->nawc"), (2, "nab,nhbc->nhac")):
        side, reach = images.shape[axis], images.shape[axis] // 8
        shift = keras.random.randint((ops.shape(images)[0], 1, 1), -reach, reach + 1, seed=seed)
        places = ops.arange(side, dtype="int32")
        matrix = ops.cast(places[None, :, None] + shift == places[None, None, :], images.dtype)
        shifted = ops.einsum(equation, matrix, shifted)
    return shifted


def _cutout_mask(images: Any, seed: keras.random.SeedGenerator) -> Any:
    """Return 0 in a random square of half a side and 1 elsewhere, ``(n, h, w, 1)``."""
    inside = ops.ones((1, 1, 1, 1), "bool")
    for axis, shape in ((1, (1, -1, 1, 1)), (2, (1, 1, -1, 1))):
        side = images.shape[axis]
        centre = keras.random.randint((ops.shape(images)[0], 1, 1, 1), 0, side + 1, seed=seed)
        offset = ops.reshape(ops.arange(side, dtype="int32"), shape) - centre
        inside = ops.logical_and(inside, ops.logical_and(offset >= -(side // 4), offset < side // 4))
    return 1 - ops.cast(inside, images.dtype)
