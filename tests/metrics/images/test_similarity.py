"""PSNR and SSIM against their definitions."""

import numpy as np
import pytest

from atelier.metrics.images.similarity import PEAK, RADIUS, SIGMA, psnr, ssim


def pictures(seed: int, count: int = 3, side: int = 20, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, side, side, channels), np.uint8)


def ssim_at(x: np.ndarray, y: np.ndarray, row: int, column: int) -> float:
    """Wang et al., eq. 13–16, in one window of a grey picture, term by term."""
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
    x, y = pictures(1, 2, 14), pictures(2, 2, 14)
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
    x = pictures(3)
    assert ssim(x, x) == pytest.approx(1, abs=1e-12)
    # As if one of 20·20·3 values were off by one level.
    assert psnr(x, x) == pytest.approx(10 * np.log10(255**2 * 1200))


def test_psnr_averages_decibels_of_images_not_their_errors():
    x = np.full((2, 12, 12, 1), 100, np.uint8)
    y = np.stack([x[0] + 1, x[1] - 10])
    assert psnr(x, y) == pytest.approx(np.mean([20 * np.log10(255), 20 * np.log10(25.5)]))


def test_black_against_white_is_zero_decibels_and_no_wrap_around():
    black, white = np.zeros((1, 11, 11, 3), np.uint8), np.full((1, 11, 11, 3), 255, np.uint8)
    assert psnr(black, white) == psnr(white, black) == 0
    assert ssim(black, white) == pytest.approx(0, abs=1e-3)


def test_more_noise_is_less_similar():
    x = np.repeat(np.linspace(0, 255, 32).astype(np.uint8)[None, :, None, None], 32, axis=2)
    noise = np.random.default_rng(4).normal(size=x.shape)
    noisy = [np.clip(x + level * noise, 0, 255).astype(np.uint8) for level in (2, 10, 40)]
    for similarity in (psnr, ssim):
        values = [similarity(x, y) for y in noisy]
        assert values == sorted(values, reverse=True)


def test_many_images_are_the_mean_of_them_one_by_one():
    x, y = pictures(5, 300, 12, 1), pictures(6, 300, 12, 1)
    for similarity in (psnr, ssim):
        each = [similarity(x[i : i + 1], y[i : i + 1]) for i in range(300)]
        assert similarity(x, y) == pytest.approx(np.mean(each), rel=1e-9)


def test_images_smaller_than_the_window_have_no_ssim():
    small = pictures(7, side=10)
    with pytest.raises(ValueError, match="at least its window of 11 pixels"):
        ssim(small, small)
    assert psnr(small, small) > 0


@pytest.mark.parametrize(
    "other", [pictures(8, 2), pictures(8).astype(np.float32), pictures(8)[..., 0]], ids=["count", "float", "grey"]
)
def test_what_cannot_be_compared_is_refused(other: np.ndarray):
    with pytest.raises(ValueError, match="similarity"):
        psnr(pictures(8), other)
