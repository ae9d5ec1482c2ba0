"""Compute all distances between real and generated images in one call, equally for samples, floors and ceilings."""

from dataclasses import asdict

from numpy.typing import ArrayLike

from atelier.metrics import manifold
from atelier.metrics.features import checked_pair, moments
from atelier.metrics.frechet import frechet_distance
from atelier.metrics.kernel import kernel_distance


def proxies(
    real: ArrayLike, generated: ArrayLike, *, neighbours: int, subsets: int, subset_size: int, seed: int
) -> dict[str, float]:
    """Compute proxies of quality between the same number N of real and generated images.

    All of them depend on N: FD falls with N (Chong & Forsyth, 2020, arXiv:1911.07023), and the balls of a manifold
    shrink. Compare a number with a floor or a ceiling only at the same N.

    Args:
        real, generated: features of the judge, shape ``(N, features)``.
        neighbours: k of the manifolds, below N.
        subsets, subset_size, seed: of the kernel distance; `subset_size` is at most N.

    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=(50, 2))
    >>> scores = proxies(x, x + 9, neighbours=3, subsets=2, subset_size=20, seed=0)
    >>> sorted(scores)
    ['coverage', 'density', 'fd', 'kid', 'kid_std', 'precision', 'recall']
    >>> round(scores["fd"], 6), scores["precision"]
    (162.0, 0.0)
    """
    x, y = checked_pair(real, generated, ("real", "generated"), least=max(2, subset_size, neighbours + 1))
    if len(x) != len(y):
        raise ValueError(f"real and generated differ in their number of images: {len(x)} and {len(y)}")
    fd = frechet_distance(*moments(x), *moments(y))
    kid, kid_std = kernel_distance(x, y, subsets=subsets, subset_size=subset_size, seed=seed)
    return {"fd": fd, "kid": kid, "kid_std": kid_std, **asdict(manifold.compare(x, y, neighbours=neighbours))}
