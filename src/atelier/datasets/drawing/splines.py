"""Smooth curves through given points (Catmull & Rom, 1974), as linear maps."""

from collections.abc import Sequence
from functools import cache

import numpy as np

Points = Sequence[tuple[float, float]] | np.ndarray


def matrix(points: int, samples: np.ndarray) -> np.ndarray:
    """Return the linear map from the points of an open Catmull-Rom spline to samples on it.

    Args:
        points: number of points of the spline, at least 2.
        samples: curve parameters in ``[0, points − 1]``; integers are the points themselves.

    Returns:
        float64 of shape ``(len(samples), points)``; its rows sum to 1.

    >>> matrix(3, np.array([1.0])).tolist()
    [[0.0, 1.0, 0.0]]
    """
    start = np.minimum(samples.astype(np.int64), points - 2)
    t = samples - start
    weights = (
        (-t + 2 * t**2 - t**3) / 2,
        (2 - 5 * t**2 + 3 * t**3) / 2,
        (t + 4 * t**2 - 3 * t**3) / 2,
        (-(t**2) + t**3) / 2,
    )
    rows = np.arange(len(samples))
    result = np.zeros((len(samples), points))
    for offset, weight in zip((-1, 0, 1, 2), weights, strict=True):
        np.add.at(result, (rows, np.clip(start + offset, 0, points - 1)), weight)
    return result


def smooth(points: Points, per_segment: int = 8) -> np.ndarray:
    """Sample the open spline through `points`: shape ``(n, 2)`` → ``((n − 1)·per_segment + 1, 2)``."""
    return _smoothing(len(points), per_segment) @ np.asarray(points, dtype=np.float64)


@cache
def _smoothing(points: int, per_segment: int) -> np.ndarray:
    return matrix(points, np.linspace(0, points - 1, (points - 1) * per_segment + 1))


def evenly(points: np.ndarray, count: int) -> np.ndarray:
    """Return the curve parameters of `count` samples at equal distances along the open spline through `points`."""
    fine = np.linspace(0, len(points) - 1, 32 * (len(points) - 1) + 1)
    steps = np.linalg.norm(np.diff(matrix(len(points), fine) @ points, axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    return np.interp(np.linspace(0, along[-1], count), along, fine)
