"""Known corruptions of real images; distances to corrupted images are the ceilings beside the scores."""

import numpy as np
from scipy import ndimage

from atelier.core import seeds


def blur(images: np.ndarray, sigma: float) -> np.ndarray:
    """Blur each channel with a Gaussian.

    Args:
        images: uint8 ``(n, h, w, c)``.
        sigma: standard deviation in pixels.

    Returns:
        uint8 of the same shape.
    """
    blurred = ndimage.gaussian_filter(images.astype(np.float32), sigma=(0, sigma, sigma, 0), mode="nearest")
    return np.rint(blurred).astype(np.uint8)


def noise(images: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Add Gaussian noise, and clip to 0 to 255.

    Args:
        images: uint8 ``(n, h, w, c)``.
        share: standard deviation as a fraction of 255.
        seed: seed of the noise.

    Returns:
        uint8 of the same shape.
    """
    draw = seeds.generator(seed, "noise").standard_normal(images.shape, dtype=np.float32)
    return np.clip(np.rint(images + 255 * share * draw), 0, 255).astype(np.uint8)
