"""Fréchet distance between two sets of features, each approximated by a Gaussian."""

import numpy as np
from numpy.typing import ArrayLike

# Relative to a covariance's scale; much larger than the rounding error of an eigenvalue that is zero.
TOLERANCE = 1e-6


def frechet_distance(mean_a: ArrayLike, cov_a: ArrayLike, mean_b: ArrayLike, cov_b: ArrayLike) -> float:
    """Compute the Fréchet distance between two Gaussians (Dowson & Landau, 1982).

    On Inception features this is FID (Heusel et al., 2017, arXiv:1706.08500, equation 6)::

        ‖μ_a − μ_b‖² + Tr(A) + Tr(B) − 2·Tr((A^½ B A^½)^½)

    Means have the shape ``(features,)``, covariances ``(features, features)``. The distance is symmetric, in the
    squared unit of the features, and at least 0. It is exactly 0.0 for equal Gaussians: a difference of the traces
    below their rounding error is set to zero. Covariances from fewer images than features are allowed.

    Raises:
        ValueError: the shapes differ, a number is not finite, or a covariance is not symmetric or has a negative
            eigenvalue beyond rounding.

    >>> frechet_distance(np.zeros(2), np.eye(2), np.ones(2), np.eye(2))
    2.0
    """
    (m_a, a), (m_b, b) = _gaussian(mean_a, cov_a, "a"), _gaussian(mean_b, cov_b, "b")
    if m_a.shape != m_b.shape:
        raise ValueError(f"a and b differ in their number of features: {len(m_a)} and {len(m_b)}")
    # Tr((A^½ B A^½)^½) is the sum of the singular values of A^½ B^½. Computed in this way, no eigenvalue is squared
    # and rooted again, which would turn the rounding error of a zero, 1e-16, into 1e-8.
    overlap = np.linalg.svd(_root(m_a, a, "a") @ _root(m_b, b, "b"), compute_uv=False).sum()
    traces = np.trace(a) + np.trace(b)
    spread = traces - 2 * overlap
    if spread <= len(a) * np.finfo(np.float64).eps * traces:
        spread = 0.0
    shift = m_a - m_b
    return float(shift @ shift + spread)


def _gaussian(mean: ArrayLike, cov: ArrayLike, name: str) -> tuple[np.ndarray, np.ndarray]:
    m, c = np.asarray(mean, np.float64), np.asarray(cov, np.float64)
    if m.ndim != 1 or c.shape != (len(m), len(m)) or len(m) == 0:
        raise ValueError(f"need mean_{name} (features,) and cov_{name} (features, features), got {m.shape}, {c.shape}")
    if not (np.isfinite(m).all() and np.isfinite(c).all()):
        raise ValueError(f"mean_{name} and cov_{name} must be finite")
    if not np.allclose(c, c.T, rtol=TOLERANCE, atol=TOLERANCE * np.abs(c).max()):
        raise ValueError(f"cov_{name} is not symmetric: entries differ by up to {np.abs(c - c.T).max():g}")
    return m, c


def _root(mean: np.ndarray, cov: np.ndarray, name: str) -> np.ndarray:
    """Compute the symmetric square root of a covariance; eigenvalues that are zero within rounding become zero."""
    values, vectors = np.linalg.eigh(cov)
    if values[0] < -TOLERANCE * (values[-1] + mean @ mean):
        raise ValueError(f"cov_{name} is not a covariance: it has an eigenvalue of {values[0]:g}")
    noise = len(cov) * np.finfo(np.float64).eps * max(values[-1], 0.0)
    values[values <= noise] = 0.0
    root: np.ndarray = (vectors * np.sqrt(values)) @ vectors.T
    return root
