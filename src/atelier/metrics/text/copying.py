"""Find copied text: the share of n-grams that also occur in a corpus, and the longest copied spans with their sources.

Results are exact for any n: all suffixes of the corpus are sorted once; the suffixes that begin with a given run of
tokens are then an interval (Manber & Myers, 1993, doi:10.1137/0222058). The share of n-grams that are not copied is the
n-gram novelty of McCoy et al., 2023 (arXiv:2111.09509). Human texts also share phrases with a corpus: compare the share
of generated texts with that of held-out texts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Span:
    """A run of tokens that a sample shares with a text of the corpus.

    Attributes:
        start: index of its first token in the sample.
        text: index of the text; one of them, if several texts contain the run.
        offset: index of its first token in this text.
    """

    length: int
    start: int
    text: int
    offset: int


@dataclass(frozen=True, eq=False)
class Matches:
    """For each token of each sample, the longest run from this token that occurs within one text of the corpus.

    Attributes:
        starts: int64 ``(samples + 1,)``: index of each sample's first token in the other arrays, then their length.
        lengths: int64 ``(tokens,)``: tokens of the run; 0 if the corpus does not contain the first token.
        texts, offsets: int64 ``(tokens,)``: the run's text in the corpus and its first token there; undefined for a
            length of 0.
    """

    starts: np.ndarray
    lengths: np.ndarray
    texts: np.ndarray
    offsets: np.ndarray

    def share(self, n: int) -> float:
        """Compute the share of all samples' n-grams that the corpus contains; one sample or more must have n tokens."""
        sizes = np.diff(self.starts)
        if not 1 <= n <= max(sizes, default=0):
            raise ValueError(f"n must be from 1 to the {max(sizes, default=0)} tokens of the longest sample, got {n}")
        remaining = np.repeat(self.starts[1:], sizes) - np.arange(len(self.lengths))
        return float((self.lengths[remaining >= n] >= n).mean())

    def longest(self) -> list[Span | None]:
        """Return the longest span of each sample, the first of equally long ones; None if it has no copied token."""
        return [self._longest(slice(*ends)) for ends in zip(self.starts[:-1], self.starts[1:], strict=True)]

    def _longest(self, sample: slice) -> Span | None:
        lengths = self.lengths[sample]
        if not lengths.any():
            return None
        start = int(lengths.argmax())
        place = sample.start + start
        return Span(int(lengths[start]), start, int(self.texts[place]), int(self.offsets[place]))


class CorpusIndex:
    """The sorted suffixes of a corpus, in which copied runs of tokens are found.

    >>> index = CorpusIndex([5, 6, 7, 8, 9, 5, 6], starts=[0, 3, 7])
    >>> matches = index.matches([[6, 7, 8, 9, 5], [4]])
    >>> matches.share(2), matches.longest()
    (0.75, [Span(length=3, start=2, text=1, offset=0), None])
    """

    def __init__(self, tokens: ArrayLike, starts: ArrayLike) -> None:
        """Sort the suffixes of a corpus.

        Args:
            tokens: integers of at least 0, ``(tokens,)``: all texts, one after another.
            starts: ``(texts + 1,)``: index of each text's first token, then the number of tokens. No span crosses them.
        """
        words, bounds = np.asarray(tokens), np.asarray(starts)
        if words.ndim != 1 or words.size == 0 or words.dtype.kind not in "iu" or words.min() < 0:
            raise ValueError(f"need integer tokens of at least 0, shape (tokens,), got {words.dtype} {words.shape}")
        if bounds.ndim != 1 or bounds.size < 2 or bounds[0] or bounds[-1] != len(words) or (np.diff(bounds) < 0).any():
            raise ValueError(f"starts must ascend from 0 to the {len(words)} tokens, got {bounds}")
        # 0 ends each text: no sample contains it.
        self._stream = np.insert(words.astype(np.int64) + 1, bounds[1:], 0)
        self._starts = bounds[:-1] + np.arange(len(bounds) - 1)
        self._suffixes = _sorted_suffixes(self._stream)

    def matches(self, samples: Sequence[ArrayLike]) -> Matches:
        """Find the longest copied run that begins at each token of each sample.

        A token below zero matches nothing: use one for a token that must not count as copied, such as UNKNOWN.
        """
        arrays = [np.asarray(sample) for sample in samples]
        for index, array in enumerate(arrays):
            if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
                came = f"sample {index} is {array.dtype} {array.shape}"
                raise ValueError(f"need integer tokens of shape (tokens,), {came}")
        starts = np.cumsum([0, *map(len, arrays)])
        # −1 ends every run: after each sample, and in place of each id below zero.
        wanted = np.insert(np.concatenate([np.empty(0, np.int64), *arrays]).astype(np.int64) + 1, starts[1:], -1)
        wanted[wanted == 0] = -1
        lengths = np.zeros(len(wanted), np.int64)
        found = np.zeros(len(wanted), np.int64)
        # The suffixes that begin with the first `depth` tokens of each run are those from `low` to below `high`.
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
        """Find by bisection the first suffix from `low` to `high` whose token at `depth` is not below `token`."""
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
    """Sort the start indices of all suffixes (Larsson & Sadakane, 2007, doi:10.1016/j.tcs.2007.07.017).

    Suffixes sorted by their first d tokens become sorted by 2d when ties are broken by the rank of the suffix d tokens
    later, and so on. Few ties are left after eight words.
    """
    size = len(stream)
    bits = int(stream.max() + 1).bit_length()
    depth = max(1, min(62 // bits, size))
    # The end of the stream is followed by a token smaller than any other.
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
