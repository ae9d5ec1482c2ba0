"""Corrupt real texts; the scores of corrupted texts are the ceilings of the scores of samples."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from atelier.core import seeds


def shuffled(texts: Sequence[ArrayLike], seed: int) -> list[np.ndarray]:
    """Shuffle the tokens of each text: word frequencies remain, word order is lost.

    Args:
        texts: integers ``(tokens,)`` each, without END.
        seed: the order of a text depends only on it and on the text's index.

    >>> (once,) = shuffled([[3, 4, 4, 5]], seed=0)
    >>> sorted(once.tolist())
    [3, 4, 4, 5]
    """
    vectors = map(_vector, texts)
    return [seeds.generator(seed, "shuffled", index).permutation(text) for index, text in enumerate(vectors)]


def unigram(texts: Sequence[ArrayLike], frequencies: ArrayLike, seed: int) -> list[np.ndarray]:
    """Replace each token by an independent draw from given frequencies, as a language model without context does.

    Args:
        texts: integers ``(tokens,)`` each, without END; only their lengths matter.
        frequencies: counts or shares of the tokens, shape ``(vocabulary,)``; 0 for tokens that must not occur, such as
            PAD and END.
        seed: a text depends only on it, and on the text's index and length.

    >>> [text.tolist() for text in unigram([[3, 4], [5]], frequencies=[0, 0, 0, 0, 7], seed=0)]
    [[4, 4], [4]]
    """
    weights = np.asarray(frequencies, np.float64)
    if weights.ndim != 1 or not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
        raise ValueError(f"need finite frequencies of shape (vocabulary,), at least 0 and not all 0; got {weights}")
    possible = np.flatnonzero(weights)
    bounds = np.cumsum(weights[possible])
    drawn = []
    for index, text in enumerate(map(_vector, texts)):
        heights = seeds.generator(seed, "unigram", index).random(len(text)) * bounds[-1]
        # Rounding may raise a height just below the last bound to the bound itself.
        drawn.append(possible[np.minimum(np.searchsorted(bounds, heights, side="right"), len(possible) - 1)])
    return drawn


def _vector(text: ArrayLike) -> np.ndarray:
    tokens = np.asarray(text)
    if tokens.ndim != 1 or (tokens.size and tokens.dtype.kind not in "iu"):
        raise ValueError(f"need integer tokens of shape (tokens,), got {tokens.dtype} {tokens.shape}")
    return tokens
