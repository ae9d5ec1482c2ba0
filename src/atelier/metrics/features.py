"""What every distance here is measured on: a matrix with one row of features for each image."""

import numpy as np
from numpy.typing import ArrayLike

# The kernel of KID cubes products of two features: (1e48²)³ still is a finite float64.
LARGEST = 1e48


def checked(features: ArrayLike, name: str = "features", least: int = 1) -> np.ndarray:
    """The features as a float64 matrix.

    Args:
        features: numbers of shape ``(images, features)``.
        name: what an error calls them.
        least: the fewest images that will do.

    Raises:
        ValueError: not a matrix of real numbers, no column, fewer than `least` rows, or a number that is not finite
            or beyond 1e48 in magnitude.

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
        row = int(np.flatnonzero(wrong)[0])
        raise ValueError(
            f"{name}: need finite features up to {LARGEST:g} in magnitude, "
            f"got others in {np.count_nonzero(wrong)} of {len(matrix)} rows, the first in row {row}"
        )
    return matrix


def checked_pair(
    a: ArrayLike, b: ArrayLike, names: tuple[str, str] = ("a", "b"), least: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Two sets of images, measured by the same features; see :func:`checked`.

    Raises:
        ValueError: also where the two differ in their number of features.

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
