"""Compute precision, recall, density and coverage: whether samples look real, and cover the real images.

The manifold of a set is the union of balls around its points; the radius of a ball is the distance from its point to
the k-th nearest other point.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from atelier.metrics.features import checked_pair
from atelier.metrics.neighbours import blocks, nearest


@dataclass(frozen=True)
class Manifold:
    """Fractions of images, from 0 to 1, and the density, which is about 1 for equal distributions; see `compare`."""

    precision: float
    recall: float
    density: float
    coverage: float


def compare(real: ArrayLike, generated: ArrayLike, *, neighbours: int) -> Manifold:
    """Compare the manifolds of real and generated features.

    Precision and recall are Kynkäänniemi et al., 2019 (arXiv:1904.06991, equations 1 and 2), density and coverage Naeem
    et al., 2020 (arXiv:2002.09797, section 3). With B(x_i) the ball around the i-th of N real images x, and B(y_j) that
    around the j-th of M generated images y::

        precision = Σ_j 1[y_j in any B(x_i)] / M        density  = Σ_j Σ_i 1[y_j in B(x_i)] / kM
        recall    = Σ_i 1[x_i in any B(y_j)] / N        coverage = Σ_i 1[any y_j in B(x_i)] / N

    A ball includes its surface, as in Kynkäänniemi et al. (≤). For an exact copy of the real images the density is
    therefore (k + 1)/k, if no distances are equal: every ball contains its centre and k other points.

    Args:
        real, generated: features, shape ``(images, features)``. Precision and recall of two models are comparable only
            at the same numbers of images.
        neighbours: k, below the numbers of images.

    >>> compare([[0.0], [1.0], [2.0], [3.0]], [[0.5], [1.5], [9.0], [9.5]], neighbours=1)
    Manifold(precision=0.5, recall=0.75, density=1.0, coverage=0.75)
    """
    if neighbours < 1:
        raise ValueError(f"neighbours must be at least 1, got {neighbours}")
    x, y = checked_pair(real, generated, ("real", "generated"), least=neighbours + 1)
    real_radii = nearest(x, x, neighbours, exclude_self=True)[0][:, -1]
    generated_radii = nearest(y, y, neighbours, exclude_self=True)[0][:, -1]
    precise = balls = 0
    recalled, covered = np.zeros(len(x), bool), np.zeros(len(x), bool)
    for block in blocks(y, x):
        in_real = block.within(real_radii)
        precise += int(np.count_nonzero(in_real.any(axis=1)))
        balls += int(np.count_nonzero(in_real))
        covered |= in_real.any(axis=0)
        recalled |= block.within(generated_radii[block.rows, None]).any(axis=0)
    return Manifold(
        precision=precise / len(y),
        recall=int(np.count_nonzero(recalled)) / len(x),
        density=balls / (neighbours * len(y)),
        coverage=int(np.count_nonzero(covered)) / len(x),
    )
