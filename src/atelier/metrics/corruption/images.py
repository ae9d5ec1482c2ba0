"""Corrupt real images; the distances to corrupted images are the ceilings of the scores of samples."""

import numpy as np
from scipy import ndimage

from atelier.core import seeds


def blur(images: np.ndarray, sigma: float) -> np.ndarray:
    """Blur each channel of images, uint8 ``(n, h, w, c)``, with a Gaussian of standard deviation `sigma` in pixels."""
    blurred = ndimage.gaussian_filter(images.astype(np.float32), sigma=(0, sigma, sigma, 0), mode="nearest")
    return np.rint(blurred).astype(np.uint8)


def noise(images: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Add Gaussian noise of standard deviation 255·`share` to images, uint8 ``(n, h, w, c)``, and clip to 0 to 255."""
    draw = seeds.generator(seed, "noise").standard_normal(images.shape, dtype=np.float32)
    return np.clip(np.rint(images + 255 * share * draw), 0, 255).astype(np.uint8)
