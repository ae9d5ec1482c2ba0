"""Precision, recall, density and coverage: do samples look real, and is all that is real among the samples?

A set's manifold is the union of balls around its points, each as wide as the distance to the k-th nearest other point.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from atelier.metrics.features import checked_pair
from atelier.metrics.neighbours import blocks, nearest


@dataclass(frozen=True)
class Manifold:
    """Shares without unit.

    Attributes:
        precision: generated images within the real manifold, 0 to 1.
        recall: real images within the generated manifold, 0 to 1.
        density: real balls that hold a generated image, on average, over k; about 1 for equal distributions, may be
            above it.
        coverage: real images whose ball holds a generated one, 0 to 1.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def compare(real: ArrayLike, generated: ArrayLike, *, neighbours: int, chunk: int | None = None) -> Manifold:
    """How the manifolds of real and of generated features lie in each other.

    Precision and recall are Kynkäänniemi et al., 2019 (arXiv:1904.06991, equations 1 and 2), density and coverage Naeem
    et al., 2020 (arXiv:2002.09797, section 3). With B(x_i) the ball around the real x_i, out of N, as wide as its k-th
    neighbour is away, and B(y_j) that around the generated y_j, out of M::

        precision = Σ_j 1[y_j in any B(x_i)] / M        density  = Σ_j Σ_i 1[y_j in B(x_i)] / kM
        recall    = Σ_i 1[x_i in any B(y_j)] / N        coverage = Σ_i 1[any y_j in B(x_i)] / N

    A ball holds its surface, as Kynkäänniemi's ≤ has it; so for an exact copy of the real images density is (k + 1)/k:
    where no distances tie, every ball holds its centre and k others.

    Args:
        real, generated: features, shape ``(images, features)``; precision and recall compare across models only at the
            same number of images.
        neighbours: k.
        chunk: images in a block; bounds the memory, changes nothing else.

    Raises:
        ValueError: k below 1, fewer than k + 1 images on either side, features that differ in number or are not finite.

    >>> compare([[0.0], [1.0], [2.0], [3.0]], [[0.5], [1.5], [9.0], [9.5]], neighbours=1)
    Manifold(precision=0.5, recall=0.75, density=1.0, coverage=0.75)
    """
    if neighbours < 1:
        raise ValueError(f"neighbours must be at least 1, got {neighbours}")
    x, y = checked_pair(real, generated, ("real", "generated"), least=neighbours + 1)
    real_radii = nearest(x, x, neighbours, exclude_self=True, chunk=chunk)[0][:, -1]
    generated_radii = nearest(y, y, neighbours, exclude_self=True, chunk=chunk)[0][:, -1]
    precise = balls = 0
    recalled, covered = np.zeros(len(x), bool), np.zeros(len(x), bool)
    for block in blocks(y, x, chunk):
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
