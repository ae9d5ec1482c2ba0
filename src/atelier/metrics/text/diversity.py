"""How varied texts are: among all, within each, and each against the others.

Texts are lists of words, or of anything that can be compared and hashed; an n-gram lies within one text.
"""

import math
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from itertools import chain
from typing import TypeVar

from atelier.core import seeds

Word = TypeVar("Word", bound=Hashable)
# What stands for no match at all: Chen & Cherry's ε, with the value that NLTK gives it.
EPSILON = 0.1


def ngrams(text: Sequence[Word], n: int) -> Iterator[tuple[Word, ...]]:
    """The n-grams of a text, from its first on.

    Raises:
        ValueError: n is below 1.

    >>> list(ngrams("a rose is".split(), 2))
    [('a', 'rose'), ('rose', 'is')]
    """
    if n < 1:
        raise ValueError(f"n must be at least 1, got {n}")
    return zip(*(text[start:] for start in range(n)), strict=False)


def truncated(texts: Sequence[Sequence[Word]], words: int) -> list[Sequence[Word]]:
    """The first texts with so many words together, the last of them cut.

    What depends on the amount of text (`distinct` does) compares two sets only when both are cut to the same.

    Args:
        texts: the set.
        words: to keep, of at most as many as there are.

    Raises:
        ValueError: `words` is below 1 or above what there is.

    >>> truncated(["a rose is".split(), "a rose".split()], words=4)
    [['a', 'rose', 'is'], ['a']]
    """
    total = sum(map(len, texts))
    if not 1 <= words <= total:
        raise ValueError(f"words must be from 1 to the {total} that there are, got {words}")
    kept: list[Sequence[Word]] = []
    for text in texts:
        kept.append(text[:words])
        words -= len(kept[-1])
        if not words:
            break
    return kept


def distinct(texts: Sequence[Sequence[Hashable]], n: int) -> float:
    """Distinct-n: different n-grams over all n-grams of the set (Li et al., 2016, arXiv:1510.03055).

    From near 0 to 1, where none occurs twice. It falls with the amount of text, as the more has been said, the rarer is
    something new: compare sets of as many words (`truncated`).

    Raises:
        ValueError: n is below 1, or no text has n words.

    >>> distinct(["a rose is a rose".split(), "is it".split()], n=2)
    0.8
    """
    counts = Counter(chain.from_iterable(ngrams(text, n) for text in texts))
    if not counts:
        raise ValueError(f"distinct needs a text of at least n = {n} words, got {len(texts)} texts without one")
    return len(counts) / counts.total()


def repetition(texts: Sequence[Sequence[Hashable]], n: int = 4) -> float:
    """rep-n: 1 − different / all n-grams within a text, averaged over texts (Welleck et al., 2020, arXiv:1908.04319).

    From 0, where no text says anything twice, to near 1. A text with fewer than n words has no n-gram and no say. A
    long text repeats more than a short one: compare texts of similar length.

    Raises:
        ValueError: n is below 1, or no text has n words.

    >>> repetition(["a rose is a rose is a rose".split(), "a rose".split()], n=3)
    0.5
    """
    shares = []
    for text in texts:
        grams = list(ngrams(text, n))
        if grams:
            shares.append(1 - len(set(grams)) / len(grams))
    if not shares:
        raise ValueError(f"repetition needs a text of at least n = {n} words, got {len(texts)} texts without one")
    return math.fsum(shares) / len(shares)


def self_bleu(texts: Sequence[Sequence[Hashable]], n: int = 4, *, sample: int | None = None, seed: int = 0) -> float:
    """Self-BLEU: BLEU-n of each text with all others as references, averaged (Zhu et al., 2018, arXiv:1802.01886).

    From 0, nothing in common, to 1, where each text lies within others. BLEU is that of one sentence (Papineni et al.,
    2002, doi:10.3115/1073083.1073135): uniform weights, the brevity penalty against the reference of closest length
    (the shorter of two), no match of one length of n-grams counted as 0.1 (Chen & Cherry, 2014,
    doi:10.3115/v1/W14-3346, smoothing 1), 0 without a common word. It rises with the number of texts and
    with their length: compare the same `sample` of texts of similar length.

    Args:
        texts: the set.
        n: the longest n-grams.
        sample: texts to draw, without replacement, as hypotheses and references; all of them if None.
        seed: of the draw.

    Raises:
        ValueError: n is below 1, `sample` below 2 or above the number of texts, or there are fewer than two.

    >>> round(self_bleu(["a rose is red".split(), "a rose is blue".split()], n=2), 4)
    0.7071
    """
    size = len(texts) if sample is None else sample
    if n < 1 or not 2 <= size <= len(texts):
        raise ValueError(f"need n ≥ 1 and a sample of 2 to {len(texts)} texts, got n = {n} and a sample of {size}")
    if sample is not None:
        drawn = seeds.generator(seed, "self-BLEU").choice(len(texts), sample, replace=False)
        texts = [texts[index] for index in drawn]
    lengths = Counter(map(len, texts))
    precisions = list(zip(*(_precisions(texts, order) for order in range(1, n + 1)), strict=True))
    return math.fsum(map(_bleu, texts, precisions, [lengths] * size)) / size


def _precisions(texts: Sequence[Sequence[Hashable]], n: int) -> list[tuple[int, int]]:
    """Of each text, n-grams that are also in another text (clipped at the most in one), and all n-grams."""
    counted = [Counter(ngrams(text, n)) for text in texts]
    # The most occurrences in one text, that text, and the most in any other: what remains when a text is left out.
    most: dict[tuple[Hashable, ...], tuple[int, int, int]] = {}
    for index, counts in enumerate(counted):
        for gram, count in counts.items():
            first, owner, second = most.get(gram, (0, -1, 0))
            if count > first:
                most[gram] = (count, index, first)
            elif count > second:
                most[gram] = (first, owner, count)
    found = []
    for index, counts in enumerate(counted):
        matches = 0
        for gram, count in counts.items():
            first, owner, second = most[gram]
            matches += min(count, second if owner == index else first)
        found.append((matches, counts.total()))
    return found


def _bleu(text: Sequence[Hashable], precisions: Sequence[tuple[int, int]], lengths: Counter[int]) -> float:
    """BLEU of one text, with the lengths of all texts, its own included."""
    if precisions[0][0] == 0:
        return 0.0
    own = len(text)
    closest = min((abs(length - own), length) for length, texts in lengths.items() if texts > (length == own))[1]
    logarithm = math.fsum(math.log((matches or EPSILON) / max(grams, 1)) for matches, grams in precisions)
    return math.exp(logarithm / len(precisions) + min(0.0, 1 - closest / own))
