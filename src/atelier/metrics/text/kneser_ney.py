"""Fit an n-gram model, interpolated modified Kneser–Ney, as a baseline for language models.

Kneser & Ney, 1995 (doi:10.1109/ICASSP.1995.479394), in the version of Chen & Goodman, 1999
(doi:10.1006/csla.1999.0128) with three discounts D for each length of n-grams. With a(hw) the count of token w after
context h, and h′ the context without its first token::

    p(w | h) = (a(hw) − D(a(hw))) / Σ_v a(hv)  +  Σ_v D(a(hv)) / Σ_v a(hv) · p(w | h′)

For the longest n-grams, a is the number of occurrences. For shorter ones it is the continuation count: the number of
different tokens that precede the n-gram. An n-gram at the beginning of a text has no preceding token and counts its
occurrences. Single tokens back off to the uniform distribution, so no probability is zero.

All n-grams of one length are a sorted array of keys, each composed of the rank of its first n − 1 tokens in the array
of the next shorter length and its last token. They are found by binary search.
"""

from dataclasses import dataclass

import numpy as np

from atelier.core.text import END

# D for counts of one, two, and more, if the counts of counts allow no estimate: KenLM's values (Heafield et al., 2013).
FALLBACK = (0.5, 1.0, 1.5)


@dataclass(frozen=True, eq=False)
class _Grams:
    """All n-grams of one length.

    Attributes:
        keys: int64 ``(grams,)``, ascending: the rank of the context × vocabulary + the last token.
        discounted: float64 ``(grams,)``: (a − D) / Σa, the first term of p.
        backoff: float64 ``(contexts,)``: ΣD / Σa, the weight of the shorter context; 1 for a context without successor.
    """

    keys: np.ndarray
    discounted: np.ndarray
    backoff: np.ndarray

    @classmethod
    def of(cls, keys: np.ndarray, counts: np.ndarray, contexts: int, vocabulary: int) -> "_Grams":
        context = keys // vocabulary
        discount = np.array([0.0, *discounts(counts)])[np.minimum(counts, 3)]
        total = np.bincount(context, counts, contexts)
        removed = np.bincount(context, discount, contexts)
        backoff = np.divide(removed, total, out=np.ones(contexts), where=total > 0)
        return cls(keys, (counts - discount) / total[context], backoff)

    def ranks(self, keys: np.ndarray) -> np.ndarray:
        """Return the index of each key among these n-grams, −1 if there is none."""
        if not len(self.keys):
            return np.full(len(keys), -1)
        # Searching in ascending order accesses memory in order, which is ten times as fast.
        order = np.argsort(keys, kind="stable")
        ranks = np.empty(len(keys), np.int64)
        ranks[order] = np.searchsorted(self.keys, keys[order])
        ranks[self.keys[np.minimum(ranks, len(self.keys) - 1)] != keys] = -1
        return ranks


@dataclass(frozen=True, eq=False)
class KneserNey:
    """A fitted model.

    >>> tokens, starts = np.array([3, 4, END, 3, 5, END]), np.array([0, 3, 6])
    >>> model = KneserNey.fit(tokens, starts, order=2, vocabulary=6)
    >>> np.exp(model.log_probabilities(np.array([3, END]), np.array([0, 2]))).round(3).tolist()
    [0.592, 0.142]
    """

    grams: tuple[_Grams, ...]
    vocabulary: int

    @classmethod
    def fit(cls, tokens: np.ndarray, starts: np.ndarray, order: int, vocabulary: int) -> "KneserNey":
        """Fit a model to a corpus.

        Args:
            tokens: integers ``(tokens,)``: all texts, one after another, each followed by END.
            starts: ``(texts + 1,)``: index of each text's first token, then the number of tokens.
            order: length of the longest n-grams.
        """
        if order < 1:
            raise ValueError(f"order must be at least 1, got {order}")
        tokens = _checked(tokens, starts, vocabulary)
        levels: list[_Grams] = []
        ranks, found, contexts = np.zeros(len(tokens), np.int64), np.empty(0, np.int64), 1
        for n in range(1, order + 1):
            keys = _keys(ranks, tokens, starts, n, vocabulary)
            places = np.flatnonzero(keys >= 0)
            longer, first, inverse, counts = np.unique(
                keys[places], return_index=True, return_inverse=True, return_counts=True
            )
            if n > 1:
                # Each unique n-gram contributes one preceding token to the shorter n-gram that it ends with.
                beginnings = ranks[(ranks >= 0) & (keys < 0)]
                preceding = np.bincount(np.concatenate([ranks[places[first]], beginnings]), minlength=len(found))
                levels.append(_Grams.of(found, preceding, contexts, vocabulary))
                contexts = len(found)
            found = longer
            ranks.fill(-1)
            ranks[places] = inverse
        levels.append(_Grams.of(found, counts, contexts, vocabulary))
        return cls(tuple(levels), vocabulary)

    def log_probabilities(self, tokens: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Compute log p of each token given the tokens before it in its text, float64 ``(tokens,)`` in nats, finite.

        The texts are as in `fit`; the context of a text's first token is END.
        """
        tokens = _checked(tokens, starts, self.vocabulary)
        probability = np.full(len(tokens), 1 / self.vocabulary)
        ranks = np.zeros(len(tokens), np.int64)
        for n, grams in enumerate(self.grams, 1):
            keys = _keys(ranks, tokens, starts, n, self.vocabulary)
            known = np.flatnonzero(keys >= 0)
            probability[known] *= grams.backoff[keys[known] // self.vocabulary]
            ranks = grams.ranks(keys)
            seen = np.flatnonzero(ranks >= 0)
            probability[seen] += grams.discounted[ranks[seen]]
        return np.log(probability)


def discounts(counts: np.ndarray) -> tuple[float, float, float]:
    """Estimate D for counts of one, two, and three or more (Chen & Goodman, 1999).

    With n_i the number of n-grams that occur i times: D_i = i − (i + 1) · n₁ / (n₁ + 2n₂) · n_{i+1} / n_i. The result
    is `FALLBACK` if one of n₁ … n₄ is zero or a D is not positive.

    >>> discounts(np.repeat([1, 2, 3, 4], [8, 4, 2, 1]))
    (0.5, 1.25, 2.0)
    >>> discounts(np.array([7, 7]))
    (0.5, 1.0, 1.5)
    """
    n1, n2, n3, n4 = (int(np.count_nonzero(counts == i)) for i in range(1, 5))
    if not (n1 and n2 and n3 and n4):
        return FALLBACK
    share = n1 / (n1 + 2 * n2)
    found = (1 - 2 * share * n2 / n1, 2 - 3 * share * n3 / n2, 3 - 4 * share * n4 / n3)
    return found if min(found) > 0 else FALLBACK


def _keys(ranks: np.ndarray, tokens: np.ndarray, starts: np.ndarray, n: int, vocabulary: int) -> np.ndarray:
    """Compose the key of the n-gram that ends at each token from the ranks of the shorter ones; −1 if there is none.

    The first token of a text follows the END of the text before, that of the first text the last END; no token
    precedes this END.
    """
    context = np.roll(ranks, 1)
    if n > 2:
        context[starts[:-1]] = -1
    return np.where(context < 0, -1, context * vocabulary + tokens)


def _checked(tokens: np.ndarray, starts: np.ndarray, vocabulary: int) -> np.ndarray:
    tokens, starts = np.asarray(tokens), np.asarray(starts)
    if tokens.ndim != 1 or tokens.size == 0 or tokens.dtype.kind not in "iu":
        raise ValueError(f"need integer tokens of shape (tokens,), got {tokens.dtype} {tokens.shape}")
    if tokens.min() < 0 or tokens.max() >= vocabulary:
        raise ValueError(f"need tokens from 0 to {vocabulary - 1}, got {tokens.min()} to {tokens.max()}")
    if tokens[-1] != END:
        raise ValueError(f"the last text must end with END ({END}), got {tokens[-1]}")
    expected = np.append(0, np.flatnonzero(tokens == END) + 1)
    if not np.array_equal(starts, expected):
        raise ValueError(f"starts must be 0 and the index after each END ({END}): {expected.size} in all, got {starts}")
    return tokens.astype(np.int64)
