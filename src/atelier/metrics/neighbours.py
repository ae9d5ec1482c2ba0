"""Exact nearest neighbours by brute force, in blocks of bounded memory.

Matrix products give squared distances fast, as ‖x‖² − 2x·y + ‖y‖², but with rounding errors: equal rows get a distance
above zero, and ties are broken at random. They are therefore used only to select candidates. Distances within the
rounding error of a decision are computed again as Σ(x − y)²: equal rows have distance 0.0, ties stay ties, and the
block size does not change the result.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from atelier.metrics.features import checked_pair

# Maximum number of distances in a block: 16 MB of float64.
BLOCK_SIZE = 2**21


@dataclass(frozen=True, eq=False)
class Block:
    """Squared distances from some queries to all references.

    Attributes:
        rows: the queries' indices, a slice with start and stop.
        queries, references: features, shapes ``(len(rows), features)`` and ``(references, features)``.
        squared: squared distances, shape ``(len(rows), references)``.
        slack: bound on the rounding error of `squared`.
    """

    rows: slice
    queries: np.ndarray
    references: np.ndarray
    squared: np.ndarray
    slack: float

    def exact(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Compute distances of single pairs; each depends on its two rows only and is symmetric in them."""
        distances = np.empty(len(rows))
        step = max(1, BLOCK_SIZE // self.queries.shape[1])
        for start in range(0, len(rows), step):
            part = slice(start, start + step)
            difference = self.queries[rows[part]] - self.references[columns[part]]
            distances[part] = np.sqrt(np.einsum("pf,pf->p", difference, difference))
        return distances

    def nearest(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Return distances and indices of the k nearest references of each query, both ``(len(rows), k)``."""
        kth = np.partition(self.squared, k - 1, axis=1)[:, k - 1 : k]
        # The true k nearest are below kth + slack, therefore in `squared` below kth + 2·slack.
        rows, columns = np.nonzero(self.squared <= kth + 2 * self.slack)
        distances = self.exact(rows, columns)
        order = np.lexsort((columns, distances, rows))
        first = np.searchsorted(rows, np.arange(len(self.queries)))
        chosen = order[first[:, None] + np.arange(k)]
        return distances[chosen], columns[chosen]

    def within(self, radii: np.ndarray) -> np.ndarray:
        """Return which pairs are at most their radius apart, bool of shape ``(len(rows), references)``.

        `radii` are those of the references, shape ``(references,)``, or of the queries, shape ``(len(rows), 1)``.
        """
        limit = radii * radii
        inside: np.ndarray = self.squared < limit - self.slack
        unsure = self.squared <= limit + self.slack
        np.not_equal(inside, unsure, out=unsure)
        rows, columns = np.nonzero(unsure)
        inside[rows, columns] = self.exact(rows, columns) <= np.broadcast_to(radii, inside.shape)[rows, columns]
        return inside


def blocks(queries: np.ndarray, references: np.ndarray) -> Iterator[Block]:
    """Yield blocks of at most `BLOCK_SIZE` distances (but at least one query) that cover all queries in order."""
    query_norms, norms = (np.einsum("if,if->i", rows, rows) for rows in (queries, references))
    # The rounding error of a sum of f products is at most f·eps/2 times the sum of their magnitudes (Higham, Accuracy
    # and Stability of Numerical Algorithms, 2002, equation 3.5). For the three terms it is (f + 3)·eps·(‖x‖² + ‖y‖²),
    # and the same for the pair's exact distance; twice their sum leaves room for the square of a radius.
    slack = 4 * (queries.shape[1] + 4) * np.finfo(np.float64).eps * float(query_norms.max() + norms.max())
    step = max(1, BLOCK_SIZE // len(references))
    for start in range(0, len(queries), step):
        rows = slice(start, min(start + step, len(queries)))
        squared = queries[rows] @ references.T
        squared *= -2
        squared += query_norms[rows, None]
        squared += norms
        yield Block(rows, queries[rows], references, squared, slack)


def nearest(
    queries: ArrayLike, references: ArrayLike, k: int, exclude_self: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Find the k nearest references of each query by Euclidean distance, sorted by distance and then by index.

    Args:
        queries, references: shapes ``(queries, features)`` and ``(references, features)``.
        exclude_self: queries and references are the same rows, and a row is not its own neighbour (an equal row is).

    Returns:
        Distances, float64, and indices into `references`, int64, both of shape ``(queries, k)``.

    >>> distances, indices = nearest([[0.0], [4.0]], [[3.0], [0.0], [1.0]], k=2)
    >>> distances.tolist(), indices.tolist()
    ([[0.0, 1.0], [1.0, 3.0]], [[1, 2], [0, 2]])
    """
    x, y = checked_pair(queries, references, ("queries", "references"))
    if exclude_self and len(x) != len(y):
        raise ValueError(f"exclude_self needs the same rows twice, got {len(x)} queries and {len(y)} references")
    available = len(y) - exclude_self
    if not 1 <= k <= available:
        raise ValueError(f"k must be from 1 to the {available} available references, got {k}")
    distances, indices = np.empty((len(x), k)), np.empty((len(x), k), np.int64)
    for block in blocks(x, y):
        if exclude_self:
            own = np.arange(block.rows.start, block.rows.stop)
            block.squared[own - block.rows.start, own] = np.inf
        distances[block.rows], indices[block.rows] = block.nearest(k)
    return distances, indices
