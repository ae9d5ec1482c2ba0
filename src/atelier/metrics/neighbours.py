"""Exact nearest neighbours by brute force, in blocks of bounded memory.

Matrix products give squared distances fast, ‖x‖² − 2x·y + ‖y‖², but round: equal rows end up apart and ties break by
chance. So they only screen. Whatever lies within their rounding of a decision is computed again as Σ(x − y)², and the
decision falls on that: equal rows are at distance 0.0, ties are ties, and the size of a block changes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from atelier.metrics.features import checked_pair

# Numbers that a block may hold: 16 MB of float64.
BLOCK = 2**21


@dataclass(frozen=True, eq=False)
class Block:
    """Squared distances from some queries to all references, known to within `slack`.

    Attributes:
        rows: which of the queries, a slice with start and stop.
        queries: shape ``(len(rows), features)``.
        references: shape ``(references, features)``.
        squared: shape ``(len(rows), references)``.
        slack: bound on the rounding error of `squared`.
    """

    rows: slice
    queries: np.ndarray
    references: np.ndarray
    squared: np.ndarray
    slack: float

    def exact(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Distances of single pairs, each a function of its two rows alone, and symmetric in them."""
        distances = np.empty(len(rows))
        step = max(1, BLOCK // self.queries.shape[1])
        for start in range(0, len(rows), step):
            part = slice(start, start + step)
            difference = self.queries[rows[part]] - self.references[columns[part]]
            distances[part] = np.sqrt(np.einsum("pf,pf->p", difference, difference))
        return distances

    def nearest(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Distances and indices of each query's k nearest references, shape ``(len(rows), k)`` both."""
        kth = np.partition(self.squared, k - 1, axis=1)[:, k - 1 : k]
        # The true k nearest are below kth + slack, hence in `squared` below kth + 2·slack.
        rows, columns = np.nonzero(self.squared <= kth + 2 * self.slack)
        distances = self.exact(rows, columns)
        order = np.lexsort((columns, distances, rows))
        first = np.searchsorted(rows, np.arange(len(self.queries)))
        chosen = order[first[:, None] + np.arange(k)]
        return distances[chosen], columns[chosen]

    def within(self, radii: np.ndarray) -> np.ndarray:
        """Which pairs are no farther apart than their radius, bool of shape ``(len(rows), references)``.

        Args:
            radii: of each reference, shape ``(references,)``, or of each query, shape ``(len(rows), 1)``.
        """
        limit = radii * radii
        inside: np.ndarray = self.squared < limit - self.slack
        unsure = self.squared <= limit + self.slack
        np.not_equal(inside, unsure, out=unsure)
        rows, columns = np.nonzero(unsure)
        inside[rows, columns] = self.exact(rows, columns) <= np.broadcast_to(radii, inside.shape)[rows, columns]
        return inside


def blocks(queries: np.ndarray, references: np.ndarray, chunk: int | None = None) -> Iterator[Block]:
    """All queries in order, some at a time, against all references.

    Args:
        queries, references: float64 features, shape ``(rows, features)``.
        chunk: queries in a block; by default as many as keep it at two million distances (16 MB).

    Raises:
        ValueError: `chunk` is below 1.
    """
    chunk = max(1, BLOCK // len(references)) if chunk is None else chunk
    if chunk < 1:
        raise ValueError(f"chunk must be at least 1, got {chunk}")
    query_norms, norms = (np.einsum("if,if->i", rows, rows) for rows in (queries, references))
    # A sum of f products rounds by up to f·eps/2 of the sum of their magnitudes (Higham, Accuracy and Stability of
    # Numerical Algorithms, 2002, equation 3.5). For the three terms, and again for the pair's exact distance, that is
    # (f + 3)·eps·(‖x‖² + ‖y‖²) each; twice their sum leaves room for the square of a radius.
    slack = 4 * (queries.shape[1] + 4) * np.finfo(np.float64).eps * float(query_norms.max() + norms.max())
    for start in range(0, len(queries), chunk):
        rows = slice(start, min(start + chunk, len(queries)))
        squared = queries[rows] @ references.T
        squared *= -2
        squared += query_norms[rows, None]
        squared += norms
        yield Block(rows, queries[rows], references, squared, slack)


def nearest(
    queries: ArrayLike, references: ArrayLike, k: int, exclude_self: bool = False, chunk: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest references of each query by Euclidean distance, the nearest first.

    Of references at the same distance the one with the lower index comes first.

    Args:
        queries: shape ``(queries, features)``.
        references: shape ``(references, features)``.
        k: neighbours of each query.
        exclude_self: queries and references are the same rows; none is its own neighbour (an equal row may be).
        chunk: queries in a block; bounds the memory, changes nothing else.

    Returns:
        Distances, float64, and indices into `references`, int64, both of shape ``(queries, k)``.

    Raises:
        ValueError: fewer than k references, `k` or `chunk` below 1, features that differ in number or are not finite,
            or `exclude_self` with a different number of queries and references.

    >>> distances, indices = nearest([[0.0], [4.0]], [[3.0], [0.0], [1.0]], k=2)
    >>> distances.tolist(), indices.tolist()
    ([[0.0, 1.0], [1.0, 3.0]], [[1, 2], [0, 2]])
    """
    x, y = checked_pair(queries, references, ("queries", "references"))
    if exclude_self and len(x) != len(y):
        raise ValueError(f"exclude_self needs the same rows twice, got {len(x)} queries and {len(y)} references")
    available = len(y) - exclude_self
    if not 1 <= k <= available:
        raise ValueError(f"k must be between 1 and the {available} references to choose from, got {k}")
    distances, indices = np.empty((len(x), k)), np.empty((len(x), k), np.int64)
    for block in blocks(x, y, chunk):
        if exclude_self:
            own = np.arange(block.rows.start, block.rows.stop)
            block.squared[own - block.rows.start, own] = np.inf
        distances[block.rows], indices[block.rows] = block.nearest(k)
    return distances, indices
