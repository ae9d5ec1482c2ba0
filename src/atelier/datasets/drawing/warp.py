"""Random deformations of the plane."""

from collections.abc import Callable

import numpy as np

Map = Callable[[np.ndarray], np.ndarray]
_WAVES = 12


def elastic(rng: np.random.Generator, reach: float, amount: float) -> Map:
    """Draw a smooth random displacement field.

    In the elastic distortion of Simard, Steinkraus & Platt (2003), the field is uniform noise smoothed by a Gaussian.
    Here it is a sum of random waves with a Gaussian spectrum (Rahimi & Recht, 2007), which needs no grid.

    `reach` is the correlation length of the displacements and `amount` their standard deviation along each axis, in
    units of the points. Returns a map from points of shape ``(n, 2)`` to displaced points.
    """
    waves = rng.standard_normal((2, _WAVES)) / reach
    phases = rng.uniform(0, 2 * np.pi, (_WAVES,))
    weights = rng.standard_normal((_WAVES, 2)) * (amount * np.sqrt(2 / _WAVES))
    return lambda points: points + np.cos(points @ waves + phases) @ weights


def affine(points: np.ndarray, width: float, slant: float, angle: float) -> np.ndarray:
    """Stretch horizontally, slant (the top to the right) and rotate (radians, clockwise) about the mean of the points.

    >>> affine(np.array([[0.0, 0.0], [0.0, 1.0]]), width=1, slant=1, angle=0).tolist()
    [[0.5, 0.0], [-0.5, 1.0]]
    """
    centre = points.mean(axis=0)
    x, y = (points - centre).T
    x = width * x - slant * y
    cos, sin = np.cos(angle), np.sin(angle)
    return np.stack([cos * x - sin * y, sin * x + cos * y], axis=1) + centre
