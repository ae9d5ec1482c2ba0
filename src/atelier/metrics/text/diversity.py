"""Compute the diversity of texts: over a set (distinct-n), within each text (rep-n), and between texts (self-BLEU).

Texts are sequences of words or of other hashable items. An n-gram lies within one text.
"""

import math
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from itertools import chain
from typing import TypeVar

from atelier.core import seeds

Word = TypeVar("Word", bound=Hashable)
# Replaces a count of zero matches: ε of Chen & Cherry, with NLTK's value.
EPSILON = 0.1


def ngrams(text: Sequence[Word], n: int) -> Iterator[tuple[Word, ...]]:
    """Iterate over the n-grams of a text.

    >>> list(ngrams("a rose is".split(), 2))
    [('a', 'rose'), ('rose', 'is')]
    """
    if n < 1:
        raise ValueError(f"n must be at least 1, got {n}")
    return zip(*(text[start:] for start in range(n)), strict=False)


def truncated(texts: Sequence[Sequence[Word]], words: int) -> list[Sequence[Word]]:
    """Cut a set of texts after its first `words` words, which must not be more than its total number of words.

    Metrics that depend on the amount of text, such as `distinct`, compare two sets only at the same number of words.

    >>> truncated(["a rose is".split(), "a rose".split()], words=4)
    [['a', 'rose', 'is'], ['a']]
    """
    total = sum(map(len, texts))
    if not 1 <= words <= total:
        raise ValueError(f"words must be from 1 to the total of {total}, got {words}")
    kept: list[Sequence[Word]] = []
    for text in texts:
        kept.append(text[:words])
        words -= len(kept[-1])
        if not words:
            break
    return kept


def distinct(texts: Sequence[Sequence[Hashable]], n: int) -> float:
    """Compute distinct-n: unique n-grams divided by all n-grams of a set (Li et al., 2016, arXiv:1510.03055).

    It is 1 if no n-gram occurs twice. It falls with the amount of text: compare sets of the same number of words, see
    `truncated`. At least one text must have n words.

    >>> distinct(["a rose is a rose".split(), "is it".split()], n=2)
    0.8
    """
    counts = Counter(chain.from_iterable(ngrams(text, n) for text in texts))
    if not counts:
        raise ValueError(f"distinct needs a text of at least n = {n} words, got {len(texts)} texts without one")
    return len(counts) / counts.total()


def repetition(texts: Sequence[Sequence[Hashable]], n: int = 4) -> float:
    """Compute rep-n: 1 − unique / all n-grams of a text, averaged over texts (Welleck et al., 2020, arXiv:1908.04319).

    It is 0 if no text contains an n-gram twice. Texts with fewer than n words are ignored, but at least one must have
    n. Long texts repeat more than short ones: compare texts of similar length.

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
    """Compute self-BLEU: BLEU-n of each text against all others, averaged (Zhu et al., 2018, arXiv:1802.01886).

    It is 0 if texts have no word in common, and 1 if all are equal. BLEU is computed per text (Papineni et al., 2002,
    doi:10.3115/1073083.1073135) with uniform weights and the brevity penalty against the reference of closest length
    (the shorter of two). Zero matches of one order count as 0.1 (Chen & Cherry, 2014, doi:10.3115/v1/W14-3346,
    smoothing 1); without a common word, BLEU is 0. It rises with the number of texts and with their length: compare
    the same `sample` of texts of similar length.

    Args:
        texts: at least two.
        n: highest order of n-grams.
        sample: number of texts to draw without replacement; all if None.

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
    """Count, for each text, the n-grams that match another text (clipped as in BLEU), and all n-grams."""
    counted = [Counter(ngrams(text, n)) for text in texts]
    # Per n-gram: the highest count in a text, this text, and the highest count in any other text.
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
    """Compute BLEU of one text; `lengths` counts the lengths of all texts, including this one."""
    if precisions[0][0] == 0:
        return 0.0
    own = len(text)
    closest = min((abs(length - own), length) for length, texts in lengths.items() if texts > (length == own))[1]
    logarithm = math.fsum(math.log((matches or EPSILON) / max(grams, 1)) for matches, grams in precisions)
    return math.exp(logarithm / len(precisions) + min(0.0, 1 - closest / own))
