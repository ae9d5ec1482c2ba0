"""How much of a text is copied: its n-grams that a corpus has, and the longest spans, with where they lie.

Exact for any n: all suffixes of the corpus are sorted once, after which every run of tokens is an interval of them
(Manber & Myers, 1993, doi:10.1137/0222058). The share of n-grams not copied is the n-gram novelty of McCoy et al., 2023
(arXiv:2111.09509). Human texts share phrases with a corpus too: what a sample has copied says little without the same
number for texts that nobody learnt from.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Span:
    """A run of tokens that a sample has in common with a text of the corpus.

    Attributes:
        length: tokens.
        start: where in the sample it begins.
        text: the index of the corpus's text; one of several, if several have it.
        offset: where in this text it begins.
    """

    length: int
    start: int
    text: int
    offset: int


@dataclass(frozen=True, eq=False)
class Matches:
    """From each token of each sample on, the longest run that the corpus has within one of its texts.

    Attributes:
        starts: int64 ``(samples + 1,)``: where each sample begins in the other arrays, and where the last one ends.
        lengths: int64 ``(tokens,)``: tokens of the run; 0 where the corpus does not even have the first.
        texts, offsets: int64 ``(tokens,)``: where the run lies in the corpus; without meaning where it has no length.
    """

    starts: np.ndarray
    lengths: np.ndarray
    texts: np.ndarray
    offsets: np.ndarray

    def share(self, n: int) -> float:
        """The share of all samples' n-grams that the corpus has, from 0 to 1.

        Raises:
            ValueError: n is below 1, or no sample has n tokens.
        """
        sizes = np.diff(self.starts)
        if not 1 <= n <= max(sizes, default=0):
            raise ValueError(f"n must be from 1 to the {max(sizes, default=0)} tokens of the longest sample, got {n}")
        remaining = np.repeat(self.starts[1:], sizes) - np.arange(len(self.lengths))
        return float((self.lengths[remaining >= n] >= n).mean())

    def longest(self) -> list[Span | None]:
        """The longest span of each sample, the first of equals; None where the corpus has none of its tokens."""
        return [self._longest(slice(*ends)) for ends in zip(self.starts[:-1], self.starts[1:], strict=True)]

    def _longest(self, sample: slice) -> Span | None:
        lengths = self.lengths[sample]
        if not lengths.any():
            return None
        start = int(lengths.argmax())
        place = sample.start + start
        return Span(int(lengths[start]), start, int(self.texts[place]), int(self.offsets[place]))


class Source:
    """A corpus, ready to be asked what others have copied from it.

    >>> source = Source([5, 6, 7, 8, 9, 5, 6], starts=[0, 3, 7])
    >>> matches = source.matches([[6, 7, 8, 9, 5], [4]])
    >>> matches.share(2), matches.longest()
    (0.75, [Span(length=3, start=2, text=1, offset=0), None])
    """

    def __init__(self, tokens: ArrayLike, starts: ArrayLike) -> None:
        """Sort the suffixes of a corpus.

        Args:
            tokens: whole numbers of at least 0, ``(tokens,)``: all texts, one after the other.
            starts: ``(texts + 1,)``: where each text begins, and where the last one ends; no span crosses them.

        Raises:
            ValueError: the arrays are not as described, or hold no token.
        """
        words, bounds = np.asarray(tokens), np.asarray(starts)
        if words.ndim != 1 or words.size == 0 or words.dtype.kind not in "iu" or words.min() < 0:
            raise ValueError(f"need whole-numbered tokens of at least 0, (tokens,), got {words.dtype} {words.shape}")
        if bounds.ndim != 1 or bounds.size < 2 or bounds[0] or bounds[-1] != len(words) or (np.diff(bounds) < 0).any():
            raise ValueError(f"starts must ascend from 0 to the {len(words)} tokens, got {bounds}")
        # 0 ends each text: no sample has it.
        self._stream = np.insert(words.astype(np.int64) + 1, bounds[1:], 0)
        self._starts = bounds[:-1] + np.arange(len(bounds) - 1)
        self._suffixes = _sorted_suffixes(self._stream)

    def matches(self, samples: Sequence[ArrayLike]) -> Matches:
        """Look up every token of every sample.

        Args:
            samples: token ids of each. The corpus has no id below zero: give one to a token that it should not have,
                such as the one that stands for every unknown word.

        Raises:
            ValueError: a sample is no vector of whole numbers.
        """
        arrays = [np.asarray(sample) for sample in samples]
        for index, array in enumerate(arrays):
            if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
                raise ValueError(f"need token ids of shape (tokens,), sample {index} is {array.dtype} {array.shape}")
        starts = np.cumsum([0, *map(len, arrays)])
        # −1 ends every run: behind each sample, and where an id is below zero.
        wanted = np.insert(np.concatenate([np.empty(0, np.int64), *arrays]).astype(np.int64) + 1, starts[1:], -1)
        wanted[wanted == 0] = -1
        lengths = np.zeros(len(wanted), np.int64)
        found = np.zeros(len(wanted), np.int64)
        # The suffixes that begin with the first tokens of each run lie from `low` to below `high`.
        alive = np.arange(len(wanted))
        low, high = np.zeros(len(wanted), np.int64), np.full(len(wanted), len(self._stream))
        depth = 0
        while alive.size:
            token = wanted[alive + depth]
            low, high = self._first(low, high, depth, token), self._first(low, high, depth, token + 1)
            more = low < high
            alive, low, high, depth = alive[more], low[more], high[more], depth + 1
            lengths[alive], found[alive] = depth, low
        kept = np.delete(np.arange(len(wanted)), starts[1:] + np.arange(len(arrays)))
        places = self._suffixes[found[kept]]
        texts = np.searchsorted(self._starts, places, side="right") - 1
        return Matches(starts, lengths[kept], texts, places - self._starts[texts])

    def _first(self, low: np.ndarray, high: np.ndarray, depth: int, token: np.ndarray) -> np.ndarray:
        """By bisection, the first suffix from `low` to `high` whose token at `depth` is not below the given one."""
        low, high = low.copy(), high.copy()
        undecided = np.flatnonzero(low < high)
        while undecided.size:
            middle = (low[undecided] + high[undecided]) // 2
            below = self._stream[self._suffixes[middle] + depth] < token[undecided]
            low[undecided[below]] = middle[below] + 1
            high[undecided[~below]] = middle[~below]
            undecided = undecided[low[undecided] < high[undecided]]
        return low


def _sorted_suffixes(stream: np.ndarray) -> np.ndarray:
    """Where the suffixes of a stream begin, in their order (Larsson & Sadakane, 2007, doi:10.1016/j.tcs.2007.07.017).

    Sorted by their first few tokens, they are sorted by twice as many when the ties are by the rank of what follows,
    and so on; few ties are left after eight words.
    """
    size = len(stream)
    bits = int(stream.max() + 1).bit_length()
    depth = max(1, min(62 // bits, size))
    # Behind the end comes what is smaller than anything.
    padded = np.append(stream + 1, np.zeros(depth, np.int64))
    keys = padded[:size].copy()
    for ahead in range(1, depth):
        keys <<= bits
        keys |= padded[ahead : ahead + size]
    suffixes = np.argsort(keys, kind="stable")
    keys, slots = keys[suffixes], np.arange(size)
    ranks = np.full(size + 1, -1)
    while True:
        first = np.append(True, keys[1:] != keys[:-1])
        ranks[suffixes[slots]] = slots[np.maximum.accumulate(np.where(first, np.arange(len(slots)), 0))]
        slots = slots[~(first & np.append(first[1:], True))]
        if not slots.size:
            return suffixes
        tied = suffixes[slots]
        keys = ranks[tied] * (size + 1) + ranks[np.minimum(tied + depth, size)] + 1
        order = np.argsort(keys, kind="stable")
        suffixes[slots], keys = tied[order], keys[order]
        depth *= 2
