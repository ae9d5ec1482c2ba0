"""PSNR and SSIM against their definitions."""

import numpy as np
import pytest

from atelier.metrics.images.similarity import PEAK, RADIUS, SIGMA, psnr, ssim


def images(seed: int, count: int = 3, side: int = 20, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, side, side, channels), np.uint8)


def ssim_at(x: np.ndarray, y: np.ndarray, row: int, column: int) -> float:
    """Compute equations 13–16 of Wang et al. in one window of a grey image."""
    place = np.arange(-RADIUS, RADIUS + 1)
    weights = np.exp(-(place[:, None] ** 2 + place[None, :] ** 2) / (2 * SIGMA**2))
    weights /= weights.sum()
    window = slice(row - RADIUS, row + RADIUS + 1), slice(column - RADIUS, column + RADIUS + 1)
    x, y = x[window].astype(float), y[window].astype(float)
    mean_x, mean_y = (weights * x).sum(), (weights * y).sum()
    variance_x, variance_y = (weights * (x - mean_x) ** 2).sum(), (weights * (y - mean_y) ** 2).sum()
    covariance = (weights * (x - mean_x) * (y - mean_y)).sum()
    c1, c2 = (0.01 * PEAK) ** 2, (0.03 * PEAK) ** 2
    luminance = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    return luminance * (2 * covariance + c2) / (variance_x + variance_y + c2)


def test_ssim_is_the_mean_over_windows_channels_and_images():
    x, y = images(1, 2, 14), images(2, 2, 14)
    y[1] = x[1] // 2
    places = range(RADIUS, 14 - RADIUS)
    windows = [
        ssim_at(a[..., c], b[..., c], i, j)
        for a, b in zip(x, y, strict=True)
        for c in range(3)
        for i in places
        for j in places
    ]
    assert ssim(x, y) == pytest.approx(np.mean(windows), rel=1e-9)


def test_equal_images_have_ssim_one_and_a_finite_psnr():
    x = images(3)
    assert ssim(x, x) == pytest.approx(1, abs=1e-12)
    # As if one of 20·20·3 values differed by 1.
    assert psnr(x, x) == pytest.approx(10 * np.log10(255**2 * 1200))


def test_psnr_averages_decibels_not_errors():
    x = np.full((2, 12, 12, 1), 100, np.uint8)
    y = np.stack([x[0] + 1, x[1] - 10])
    assert psnr(x, y) == pytest.approx(np.mean([20 * np.log10(255), 20 * np.log10(25.5)]))


def test_black_against_white_is_zero_decibels():
    black, white = np.zeros((1, 11, 11, 3), np.uint8), np.full((1, 11, 11, 3), 255, np.uint8)
    assert psnr(black, white) == psnr(white, black) == 0
    assert ssim(black, white) == pytest.approx(0, abs=1e-3)


def test_similarity_falls_with_noise():
    x = np.repeat(np.linspace(0, 255, 32).astype(np.uint8)[None, :, None, None], 32, axis=2)
    noise = np.random.default_rng(4).normal(size=x.shape)
    noisy = [np.clip(x + level * noise, 0, 255).astype(np.uint8) for level in (2, 10, 40)]
    for similarity in (psnr, ssim):
        values = [similarity(x, y) for y in noisy]
        assert values == sorted(values, reverse=True)


def test_similarity_of_many_images_is_the_mean_over_single_ones():
    x, y = images(5, 300, 12, 1), images(6, 300, 12, 1)
    for similarity in (psnr, ssim):
        each = [similarity(x[i : i + 1], y[i : i + 1]) for i in range(300)]
        assert similarity(x, y) == pytest.approx(np.mean(each), rel=1e-9)


def test_ssim_refuses_images_smaller_than_its_window():
    small = images(7, side=10)
    with pytest.raises(ValueError, match="at least 11×11 pixels"):
        ssim(small, small)
    assert psnr(small, small) > 0


@pytest.mark.parametrize("similarity", [psnr, ssim])
@pytest.mark.parametrize(
    ("other", "message"),
    [
        (images(8, 2), r"same shape, got \(3, 20, 20, 3\) and \(2, 20, 20, 3\)"),
        (images(8).astype(np.float32), "needs uint8 images .* others are float32"),
        (images(8)[..., 0], r"others are uint8 \(3, 20, 20\)"),
        (images(8, 0), r"others are uint8 \(0, 20, 20, 3\)"),
    ],
    ids=["count", "float", "no channels", "empty"],
)
def test_images_that_do_not_match_are_refused(similarity, other: np.ndarray, message: str):
    with pytest.raises(ValueError, match=message):
        similarity(images(8), other)
