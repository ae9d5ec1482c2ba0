"""Mean and covariance of features, gathered shard by shard."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import ArrayLike

from atelier.metrics.features import checked


@dataclass(frozen=True, eq=False)
class FeatureStatistics:
    """The first two moments of a set of features, as sums, so that shards of the set add up.

    A shard's statistics are a pure function of its rows, and :meth:`merge` adds in the order that it is given. Sums of
    floats depend on how they are grouped, so the size of a shard and the order of the merge fix the bytes, and the
    number of workers does not enter: one process, a pool or a cluster give the same bytes for the same shards.

    Attributes:
        n: images.
        total: Σx, float64 of shape ``(features,)``.
        products: Σxxᵀ, float64 of shape ``(features, features)``.

    >>> shards = [FeatureStatistics.of(rows) for rows in ([[0.0], [1.0]], [[2.0], [3.0]])]
    >>> whole = FeatureStatistics.merge(shards)
    >>> whole.n, whole.mean.tolist(), whole.products.tolist()
    (4, [1.5], [[14.0]])
    """

    n: int
    total: np.ndarray
    products: np.ndarray

    @classmethod
    def of(cls, features: ArrayLike) -> "FeatureStatistics":
        """The statistics of one shard.

        Args:
            features: shape ``(images, features)``, at least one image.

        Raises:
            ValueError: no image, not a matrix, or a number that is not finite.
        """
        matrix = checked(features)
        return cls(len(matrix), matrix.sum(axis=0), matrix.T @ matrix)

    @classmethod
    def merge(cls, shards: Iterable["FeatureStatistics"]) -> "FeatureStatistics":
        """The statistics of all shards together, added from the first to the last.

        Raises:
            ValueError: there is no shard, or two differ in their number of features.
        """
        parts = list(shards)
        widths = sorted({len(part.total) for part in parts})
        if len(widths) != 1:
            raise ValueError(f"need one or more shards with the same features, got {len(parts)} of widths {widths}")
        return reduce(lambda a, b: cls(a.n + b.n, a.total + b.total, a.products + b.products), parts)

    @property
    def mean(self) -> np.ndarray:
        """Shape ``(features,)``."""
        return self.total / self.n

    @property
    def covariance(self) -> np.ndarray:
        """The unbiased covariance (Σxxᵀ − n·x̄x̄ᵀ) / (n − 1), shape ``(features, features)``.

        The difference costs digits where means are far larger than spreads: about 2·log₁₀(mean / spread) of sixteen.

        Raises:
            ValueError: fewer than two images.

        >>> FeatureStatistics.of([[0.0, 1.0], [2.0, 5.0]]).covariance.tolist()
        [[2.0, 4.0], [4.0, 8.0]]
        """
        if self.n < 2:
            raise ValueError(f"a covariance needs at least 2 images, got {self.n}")
        covariance: np.ndarray = (self.products - self.n * np.outer(self.mean, self.mean)) / (self.n - 1)
        return covariance

    def to_array(self) -> np.ndarray:
        """One plain array for `np.save`: Σ[1, x][1, x]ᵀ, float64 of shape ``(1 + features, 1 + features)``.

        >>> FeatureStatistics.of([[2.0], [3.0]]).to_array().tolist()
        [[2.0, 5.0], [5.0, 13.0]]
        """
        return np.block([[np.full((1, 1), float(self.n)), self.total[None, :]], [self.total[:, None], self.products]])

    @classmethod
    def from_array(cls, moments: np.ndarray) -> "FeatureStatistics":
        """What :meth:`to_array` gave.

        Raises:
            ValueError: not a finite, symmetric float64 matrix with a whole number of images in its corner.
        """
        shape = moments.shape
        if moments.dtype != np.float64 or len(shape) != 2 or shape[0] != shape[1] or shape[0] < 2:
            raise ValueError(
                f"need moments of shape (1 + features, 1 + features), float64; got {moments.dtype} {shape}"
            )
        n = moments[0, 0]
        if not np.isfinite(moments).all() or n < 1 or n % 1 or not np.array_equal(moments, moments.T):
            raise ValueError(f"need finite, symmetric moments of a whole number of images, got a corner of {n:g}")
        return cls(int(n), moments[0, 1:].copy(), moments[1:, 1:].copy())
