"""Which classes or attributes the samples have, how evenly, and how well a judge tells them."""

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


def attribute_entropy(bits: ArrayLike) -> float:
    """Shannon entropy of each binary attribute in nats, averaged over the attributes.

    From 0 where each attribute is the same in all images to log 2 where half of the images have each.

    Args:
        bits: whether an image has an attribute, shape ``(images, attributes)``.

    Raises:
        ValueError: no image or no attribute.

    >>> round(attribute_entropy([[1, 0], [0, 0]]), 4)
    0.3466
    """
    array = np.asarray(bits, bool)
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"need bits of shape (images, attributes), got {array.shape}")
    return float(np.mean([class_entropy([share, 1 - share]) for share in array.mean(axis=0)]))


def balanced_accuracy(verdicts: ArrayLike, bits: ArrayLike) -> np.ndarray:
    """The mean of sensitivity and specificity of each attribute: one half for a guess, however rare the attribute.

    Args:
        verdicts, bits: what a judge says and what is true, shape ``(images, attributes)``.

    Returns:
        float64 of shape ``(attributes,)``; NaN for an attribute that all or none of the images have.

    >>> balanced_accuracy([[1], [0], [0], [0]], [[1], [1], [0], [0]]).tolist()
    [0.75]
    """
    said, true = np.asarray(verdicts, bool), np.asarray(bits, bool)
    if said.shape != true.shape or said.ndim != 2:
        raise ValueError(f"need two tables of shape (images, attributes), got {said.shape} and {true.shape}")
    with np.errstate(invalid="ignore"):
        sensitivity = (said & true).sum(axis=0) / true.sum(axis=0)
        specificity = (~said & ~true).sum(axis=0) / (~true).sum(axis=0)
    return (sensitivity + specificity) / 2
