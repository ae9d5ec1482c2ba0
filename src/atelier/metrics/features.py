"""Check feature matrices, which have one row per image, and compute their moments."""

import numpy as np
from numpy.typing import ArrayLike

# KID cubes products of two features: (1e48²)³ is still a finite float64.
LARGEST = 1e48


def checked(features: ArrayLike, name: str = "features", least: int = 1) -> np.ndarray:
    """Convert numbers of shape ``(images, features)`` to a float64 matrix.

    Raises:
        ValueError: not a matrix of real numbers, no column, fewer than `least` rows, or a number that is not finite
            or larger than 1e48 in magnitude; the message begins with `name`.

    >>> checked([[1, 2]]).dtype
    dtype('float64')
    >>> checked([1.0, 2.0], "real")
    Traceback (most recent call last):
    ValueError: real: need numbers of shape (images, features), got float64 (2,)
    """
    matrix = np.asarray(features)
    if matrix.ndim != 2 or matrix.shape[1] == 0 or matrix.dtype.kind not in "fiu":
        raise ValueError(f"{name}: need numbers of shape (images, features), got {matrix.dtype} {matrix.shape}")
    if len(matrix) < least:
        raise ValueError(f"{name}: too few images: got {len(matrix)}, need at least {least}")
    matrix = np.ascontiguousarray(matrix, dtype=np.float64)
    wrong = ~(np.abs(matrix) <= LARGEST).all(axis=1)
    if wrong.any():
        raise ValueError(
            f"{name}: need finite features up to {LARGEST:g} in magnitude, "
            f"got others in {np.count_nonzero(wrong)} of {len(matrix)} rows, the first in row {wrong.argmax()}"
        )
    return matrix


def checked_pair(
    a: ArrayLike, b: ArrayLike, names: tuple[str, str] = ("a", "b"), least: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Convert two sets of features to float64 matrices of the same width; see :func:`checked`.

    >>> checked_pair(np.zeros((2, 3)), np.zeros((2, 4)))
    Traceback (most recent call last):
    ValueError: a and b differ in their number of features: 3 and 4
    """
    left, right = checked(a, names[0], least), checked(b, names[1], least)
    if left.shape[1] != right.shape[1]:
        raise ValueError(
            f"{names[0]} and {names[1]} differ in their number of features: {left.shape[1]} and {right.shape[1]}"
        )
    return left, right


def moments(features: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Compute the mean ``(features,)`` and the unbiased covariance ``(features, features)`` of at least two rows.

    The covariance (Σxxᵀ − n·x̄x̄ᵀ) / (n − 1) loses about 2·log₁₀(mean / standard deviation) of sixteen digits.

    >>> mean, covariance = moments([[0.0, 1.0], [2.0, 5.0]])
    >>> mean.tolist(), covariance.tolist()
    ([1.0, 3.0], [[2.0, 4.0], [4.0, 8.0]])
    """
    matrix = checked(features, least=2)
    mean = matrix.sum(axis=0) / len(matrix)
    return mean, (matrix.T @ matrix - len(matrix) * np.outer(mean, mean)) / (len(matrix) - 1)
