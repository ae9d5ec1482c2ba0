"""Known damage to real texts, to learn what a score says of it: the ceilings beside every score of a sample."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from atelier.core import seeds


def shuffled(texts: Sequence[ArrayLike], seed: int) -> list[np.ndarray]:
    """The tokens of each text in random order: what it is about remains, what it says is lost.

    Args:
        texts: whole numbers ``(tokens,)`` each, without END.
        seed: of the draw; a text's order depends on it and the text's index only.

    Returns:
        Texts of the same lengths and types.

    >>> (once,) = shuffled([[3, 4, 4, 5]], seed=0)
    >>> sorted(once.tolist())
    [3, 4, 4, 5]
    """
    return [
        seeds.generator(seed, "shuffled", index).permutation(text) for index, text in enumerate(map(_vector, texts))
    ]


def unigram(texts: Sequence[ArrayLike], frequencies: ArrayLike, seed: int) -> list[np.ndarray]:
    """As many tokens in place of each text's, each drawn by itself from given frequencies: a model without a context.

    Args:
        texts: whole numbers ``(tokens,)`` each, without END; only their lengths matter.
        frequencies: how often each token occurs, counts or shares ``(vocabulary,)``; zero for those never to be drawn,
            such as PAD and END.
        seed: of the draw; a text depends on it, its index and its length only.

    Returns:
        int64 texts of the same lengths.

    Raises:
        ValueError: not a vector of finite frequencies, none above zero, or one below it.

    >>> [text.tolist() for text in unigram([[3, 4], [5]], frequencies=[0, 0, 0, 0, 7], seed=0)]
    [[4, 4], [4]]
    """
    weights = np.asarray(frequencies, np.float64)
    if weights.ndim != 1 or not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
        raise ValueError(f"need frequencies of shape (vocabulary,), zero or above, not all zero; got {weights}")
    drawable = np.flatnonzero(weights)
    bounds = np.cumsum(weights[drawable])
    drawn = []
    for index, text in enumerate(map(_vector, texts)):
        heights = seeds.generator(seed, "unigram", index).random(len(text)) * bounds[-1]
        # Rounding may lift a height just below 1 to the last bound itself.
        drawn.append(drawable[np.minimum(np.searchsorted(bounds, heights, side="right"), len(drawable) - 1)])
    return drawn


def _vector(text: ArrayLike) -> np.ndarray:
    tokens = np.asarray(text)
    if tokens.ndim != 1 or (tokens.size and tokens.dtype.kind not in "iu"):
        raise ValueError(f"need whole-numbered tokens of shape (tokens,), got {tokens.dtype} {tokens.shape}")
    return tokens
