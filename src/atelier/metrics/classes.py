"""Which classes the samples fall into, and how evenly."""

import numpy as np
from numpy.typing import ArrayLike


def class_histogram(labels: ArrayLike, classes: int) -> np.ndarray:
    """Images in each class.

    Args:
        labels: whole numbers from 0 to ``classes − 1``, shape ``(images,)``.
        classes: how many there are.

    Returns:
        int64 of shape ``(classes,)``.

    Raises:
        ValueError: no image, labels that are no whole numbers or out of range, no class.

    >>> class_histogram([2, 0, 2], classes=4).tolist()
    [1, 0, 2, 0]
    """
    array = np.asarray(labels)
    if array.ndim != 1 or array.size == 0 or array.dtype.kind not in "iu":
        raise ValueError(f"need whole-numbered labels of shape (images,), got {array.dtype} {array.shape}")
    if classes < 1 or array.min() < 0 or array.max() >= classes:
        raise ValueError(f"need labels from 0 to {classes - 1}, got {array.min()} to {array.max()}")
    return np.bincount(array, minlength=classes).astype(np.int64)


def class_entropy(histogram: ArrayLike) -> float:
    """Shannon entropy −Σ p·log p of a histogram in nats, with 0·log 0 = 0 (Cover & Thomas, 2006, equation 2.1).

    From 0 for a single class to log(classes) for even ones.

    Args:
        histogram: counts or shares, shape ``(classes,)``; scaled to a sum of one.

    Raises:
        ValueError: not a vector of finite numbers, none above zero, or one below it.

    >>> class_entropy([5, 5, 0])
    0.6931471805599453
    """
    counts = np.asarray(histogram, np.float64)
    if counts.ndim != 1 or not np.isfinite(counts).all() or (counts < 0).any() or not counts.any():
        raise ValueError(f"need counts of shape (classes,), zero or above, not all zero; got {counts.tolist()}")
    shares = counts[counts > 0] / counts.sum()
    return float(max(0.0, -(shares * np.log(shares)).sum()))
