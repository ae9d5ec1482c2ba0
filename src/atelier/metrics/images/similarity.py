"""How like two pictures are, pixel by pixel and structure by structure."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

PEAK = 255.0
SIGMA, RADIUS = 1.5, 5
WINDOW = 2 * RADIUS + 1
_AT_ONCE = 128


def psnr(images: Any, others: Any) -> float:
    """Peak signal-to-noise ratio in dB between each image and its counterpart, averaged over images.

    Two equal images, whose ratio is infinite, count as if a single value were off by a single level.

    Args:
        images, others: uint8 ``(n, h, w, c)``; array-likes that are read in slices.

    Raises:
        ValueError: the two are no uint8 images of one shape.

    >>> a, b = np.full((1, 2, 2, 1), 100, np.uint8), np.full((1, 2, 2, 1), 110, np.uint8)
    >>> round(psnr(a, b), 2)
    28.13
    """
    ratios = []
    for ours, theirs in _slices(images, others):
        error = np.square(ours - theirs).mean(axis=(1, 2, 3))
        ratios.append(10 * np.log10(PEAK**2 / np.maximum(error, 1 / ours[0].size)))
    return float(np.concatenate(ratios).mean())


def ssim(images: Any, others: Any) -> float:
    """Structural similarity (Wang et al., 2004, doi:10.1109/TIP.2003.819861), averaged over images and channels.

    As in the paper: a Gaussian window of 11×11 with σ = 1.5 at every place where it lies whole within the image,
    K₁ = 0.01, K₂ = 0.03; each channel by itself, with a range of 255. Equal images have 1.

    Args:
        images, others: as for `psnr`.

    Raises:
        ValueError: as `psnr`, or a side is shorter than the window.
    """
    if min(images.shape[1:3]) < WINDOW:
        raise ValueError(f"SSIM needs sides of at least its window of {WINDOW} pixels, got images {images.shape}")
    c1, c2 = (0.01 * PEAK) ** 2, (0.03 * PEAK) ** 2
    similarities = []
    for x, y in _slices(images, others):
        mean_x, mean_y = _windowed(x), _windowed(y)
        variance_x, variance_y = _windowed(x * x) - mean_x**2, _windowed(y * y) - mean_y**2
        covariance = _windowed(x * y) - mean_x * mean_y
        luminance = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
        structure = (2 * covariance + c2) / (variance_x + variance_y + c2)
        similarities.append((luminance * structure).mean(axis=(1, 2, 3)))
    return float(np.concatenate(similarities).mean())


def _windowed(x: np.ndarray) -> np.ndarray:
    """Means under the Gaussian window, ``(n, h, w, c)`` → ``(n, h − 10, w − 10, c)``."""
    inner = slice(RADIUS, -RADIUS)
    return gaussian_filter(x, SIGMA, radius=RADIUS, axes=(1, 2))[:, inner, inner]


def _slices(images: Any, others: Any) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for name, array in (("images", images), ("others", others)):
        if len(array.shape) != 4 or array.dtype != np.uint8 or len(array) == 0:
            raise ValueError(f"similarity needs uint8 images (n, h, w, c); {name} are {array.dtype} {array.shape}")
    if tuple(images.shape) != tuple(others.shape):
        raise ValueError(f"similarity compares images one by one, but they are {images.shape} and {others.shape}")
    for start in range(0, len(images), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        yield np.asarray(images[part], np.float64), np.asarray(others[part], np.float64)
