"""Compute the similarity of image pairs: PSNR and SSIM."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

PEAK = 255.0
SIGMA, RADIUS = 1.5, 5
WINDOW = 2 * RADIUS + 1
_BATCH = 128


def psnr(images: Any, others: Any) -> float:
    """Compute the peak signal-to-noise ratio in dB between each image and its counterpart, averaged over images.

    The ratio of two equal images, which is infinite, is replaced by that of images that differ by 1 in one value.

    Args:
        images, others: uint8 ``(n, h, w, c)``; arrays, or array-likes that are read in slices.

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
    """Compute the structural similarity (Wang et al., 2004, doi:10.1109/TIP.2003.819861) of image pairs.

    As in the paper: a Gaussian window of 11×11 pixels with σ = 1.5 at every position that lies within the image,
    K₁ = 0.01, K₂ = 0.03, a range of 255. It is averaged over positions, channels and images; equal images have 1.
    Arguments are those of `psnr`; no side may be shorter than the window.
    """
    if min(images.shape[1:3]) < WINDOW:
        raise ValueError(f"SSIM needs images of at least {WINDOW}×{WINDOW} pixels, got {images.shape}")
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
    """Average under the Gaussian window, ``(n, h, w, c)`` → ``(n, h − 10, w − 10, c)``."""
    inner = slice(RADIUS, -RADIUS)
    return gaussian_filter(x, SIGMA, radius=RADIUS, axes=(1, 2))[:, inner, inner]


def _slices(images: Any, others: Any) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for name, array in (("images", images), ("others", others)):
        if len(array.shape) != 4 or array.dtype != np.uint8 or len(array) == 0:
            raise ValueError(f"similarity needs uint8 images (n, h, w, c); {name} are {array.dtype} {array.shape}")
    if tuple(images.shape) != tuple(others.shape):
        raise ValueError(f"similarity needs two arrays of the same shape, got {images.shape} and {others.shape}")
    for start in range(0, len(images), _BATCH):
        part = slice(start, start + _BATCH)
        yield np.asarray(images[part], np.float64), np.asarray(others[part], np.float64)
