"""Count classes, and compute entropies of classes and attributes, and the balanced accuracy of a judge."""

import numpy as np
from numpy.typing import ArrayLike


def class_histogram(labels: ArrayLike, classes: int) -> np.ndarray:
    """Count the images of each class, int64 ``(classes,)``, from labels from 0 to ``classes − 1``, ``(images,)``.

    >>> class_histogram([2, 0, 2], classes=4).tolist()
    [1, 0, 2, 0]
    """
    array = np.asarray(labels)
    if array.ndim != 1 or array.size == 0 or array.dtype.kind not in "iu":
        raise ValueError(f"need integer labels of shape (images,), got {array.dtype} {array.shape}")
    if classes < 1 or array.min() < 0 or array.max() >= classes:
        raise ValueError(f"need labels from 0 to {classes - 1}, got {array.min()} to {array.max()}")
    return np.bincount(array, minlength=classes).astype(np.int64)


def class_entropy(histogram: ArrayLike) -> float:
    """Compute the Shannon entropy −Σ p·log p of a histogram in nats (Cover & Thomas, 2006, equation 2.1).

    It is 0 for a single class and log(classes) for equally frequent classes; 0·log 0 = 0. The counts or shares, shape
    ``(classes,)``, are divided by their sum.

    >>> class_entropy([5, 5, 0])
    0.6931471805599453
    """
    counts = np.asarray(histogram, np.float64)
    if counts.ndim != 1 or not np.isfinite(counts).all() or (counts < 0).any() or not counts.any():
        raise ValueError(f"need finite counts of shape (classes,), at least 0 and not all 0; got {counts.tolist()}")
    shares = counts[counts > 0] / counts.sum()
    return float(max(0.0, -(shares * np.log(shares)).sum()))


def attribute_entropy(bits: ArrayLike) -> float:
    """Compute the Shannon entropy in nats of binary attributes, ``(images, attributes)``, averaged over attributes.

    It is 0 if each attribute is equal in all images, and log 2 if each attribute is set in half of them.

    >>> round(attribute_entropy([[1, 0], [0, 0]]), 4)
    0.3466
    """
    array = np.asarray(bits, bool)
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"need bits of shape (images, attributes), got {array.shape}")
    return float(np.mean([class_entropy([share, 1 - share]) for share in array.mean(axis=0)]))


def balanced_accuracy(predicted: ArrayLike, bits: ArrayLike) -> np.ndarray:
    """Compute the mean of sensitivity and specificity for each attribute; guessing gives one half.

    Args:
        predicted, bits: the judge's predictions and the true attributes, shape ``(images, attributes)``.

    Returns:
        float64 of shape ``(attributes,)``; NaN for an attribute that all or none of the images have.

    >>> balanced_accuracy([[1], [0], [0], [0]], [[1], [1], [0], [0]]).tolist()
    [0.75]
    """
    positive, true = np.asarray(predicted, bool), np.asarray(bits, bool)
    if positive.shape != true.shape or positive.ndim != 2:
        raise ValueError(f"need two tables of shape (images, attributes), got {positive.shape} and {true.shape}")
    with np.errstate(invalid="ignore"):
        sensitivity = (positive & true).sum(axis=0) / true.sum(axis=0)
        specificity = (~positive & ~true).sum(axis=0) / (~true).sum(axis=0)
    return (sensitivity + specificity) / 2
