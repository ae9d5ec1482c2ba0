"""Kernel distance: the maximum mean discrepancy of two sets of features, which assumes no Gaussian."""

import numpy as np
from numpy.typing import ArrayLike

from atelier.core import seeds
from atelier.metrics.features import checked_pair


def squared_mmd(a: ArrayLike, b: ArrayLike) -> float:
    """Compute the unbiased squared maximum mean discrepancy for the cubic kernel k(x, y) = (x·y/d + 1)³.

    Gretton et al., 2012 (JMLR 13), equation 3, with the kernel of Bińkowski et al., 2018 (arXiv:1801.01401)::

        Σ_{i≠j} k(a_i, a_j) / m(m − 1) + Σ_{i≠j} k(b_i, b_j) / n(n − 1) − 2·Σ_{i,j} k(a_i, b_j) / mn

    Both sides are features ``(images, features)`` of at least two images. The expectation for two samples of one
    distribution is zero, so single values can be negative.

    >>> squared_mmd([[0.0], [0.0]], [[1.0], [1.0]])
    7.0
    """
    x, y = checked_pair(a, b, least=2)
    return _within(x) + _within(y) - 2 * float(_kernel(x, y).mean())


def kernel_distance(a: ArrayLike, b: ArrayLike, *, subsets: int, subset_size: int, seed: int) -> tuple[float, float]:
    """Compute the mean and standard deviation of :func:`squared_mmd` over random subsets.

    On Inception features the mean is KID (Bińkowski et al., 2018, arXiv:1801.01401). Subsets are drawn without
    replacement and independently for the two sides; a subset depends only on the seed and its index.

    Args:
        a, b: features, shape ``(images, features)``.
        subset_size: number of images of each side in a subset.

    Returns:
        Mean and (population) standard deviation, without unit. The standard deviation describes the values of single
        subsets; it is not the standard error of the mean.

    >>> same = np.arange(8.0).reshape(4, 2)
    >>> kernel_distance(same, same + 1, subsets=3, subset_size=4, seed=0)[1] < 1e-12
    True
    """
    if subsets < 1 or subset_size < 2:
        raise ValueError(f"need subsets ≥ 1 and subset_size ≥ 2, got {subsets} and {subset_size}")
    x, y = checked_pair(a, b, least=subset_size)
    values = np.empty(subsets)
    for index in range(subsets):
        draw = seeds.generator(seed, "kernel distance", index)
        rows_x = draw.choice(len(x), subset_size, replace=False)
        rows_y = draw.choice(len(y), subset_size, replace=False)
        values[index] = squared_mmd(x[rows_x], y[rows_y])
    return float(values.mean()), float(values.std())


def _kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    base: np.ndarray = x @ y.T
    base /= x.shape[1]
    base += 1
    base *= base * base
    return base


def _within(x: np.ndarray) -> float:
    """Compute the mean of k over all pairs of different rows."""
    kernel = _kernel(x, x)
    return float((kernel.sum() - np.trace(kernel)) / (len(x) * (len(x) - 1)))
