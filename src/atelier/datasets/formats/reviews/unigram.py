"""A vocabulary of pieces by which words are likeliest spelled: the unigram model (Kudo, 2018, arXiv:1804.10959).

Our own, as the library's adds in the order of hash tables whose keys it draws anew in each process: the same texts give
other scores there, and where they are few, other pieces. Here they give the same bytes.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

_LONGEST_PIECE, _LONGEST_WORD = 16, 32  # symbols
_WORDS = 60_000  # the most frequent words; of those behind them, most stand there once
_CANDIDATES = 6  # times the size, before the first pruning
_SHRINKING, _ITERATIONS = 0.6, 2
_FEWEST = 0.5  # a piece that is expected less often is let go
_DIGITS = 4  # of log probabilities: what other processors compute otherwise is far behind them


def pieces(words: Mapping[str, int], alphabet: Sequence[str], size: int) -> list[tuple[str, float]]:
    """Choose pieces by expectation and maximisation, letting go those in turn without which least is lost.

    Args:
        words: how often each is there.
        alphabet: symbols that are kept whatever happens.
        size: pieces to choose, the alphabet included; fewer where the words yield no more.

    Returns:
        Pieces and their log probabilities, the likeliest first.

    >>> [piece for piece, _ in pieces({"abab": 9, "ab": 5, "ba": 1}, "ab", 3)]
    ['ab', 'a', 'b']
    """
    frequent = sorted((-count, word) for word, count in words.items() if len(word) <= _LONGEST_WORD)[:_WORDS]
    texts = [word for _, word in frequent]
    counts = np.array([-count for count, _ in frequent], np.float64)
    known = [*sorted(alphabet), *_candidates(texts, counts, set(alphabet), _CANDIDATES * size)]
    fixed = np.arange(len(known)) < len(alphabet)
    number = {piece: index for index, piece in enumerate(known)}
    by_words, by_pieces = _Lattice(texts, number, whole=True), _Lattice(known, number, whole=False)
    expected = by_words.expected(np.full(len(known), 1 / len(known)), counts)
    alive = np.ones(len(known), bool)
    while True:
        for _ in range(_ITERATIONS):
            if alive.sum() > size:
                alive &= fixed | (expected >= _FEWEST)
            expected = by_words.expected(_likelihood(expected, alive), counts)
        if alive.sum() <= size:
            break
        share = _likelihood(expected, alive)
        # What is lost with a piece: each time, the others have to spell it.
        with np.errstate(divide="ignore", invalid="ignore"):
            loss = expected * (np.log(share) - np.log(by_pieces.likelihood(share)))
        loss = np.where(fixed, np.inf, np.where(alive, np.nan_to_num(loss, nan=0.0), -1.0))
        keep = max(size, int(alive.sum() * _SHRINKING))
        alive = np.zeros(len(known), bool)
        alive[np.argsort(-loss, kind="stable")[:keep]] = True
    scores = np.round(np.log(_likelihood(expected, alive)[alive]), _DIGITS).tolist()
    chosen = zip(np.flatnonzero(alive).tolist(), scores, strict=True)
    return sorted(((known[index], score) for index, score in chosen), key=lambda pair: (-pair[1], pair[0]))


def _likelihood(expected: np.ndarray, alive: np.ndarray) -> np.ndarray:
    """The share of each piece; one of the alphabet that is never needed stays possible."""
    share = np.where(alive, np.maximum(expected, 1e-3), 0.0)
    return share / share.sum()


def _candidates(texts: Sequence[str], counts: np.ndarray, alphabet: set[str], size: int) -> list[str]:
    """Parts of words that stand there at least twice: those that hold most symbols of all text first."""
    found: Counter[str] = Counter()
    for text, count in zip(texts, counts.astype(int).tolist(), strict=True):
        for start in range(len(text) - 1):
            for stop in range(start + 2, min(start + _LONGEST_PIECE, len(text)) + 1):
                found[text[start:stop]] += count
    ranked = sorted((-count * len(part), part) for part, count in found.items() if count > 1 and part not in alphabet)
    return [part for _, part in ranked[:size]]


class _Lattice:
    """All ways to spell some texts, as edges from one place in a text to another, each a piece.

    Args:
        texts: what is spelled.
        number: of each piece.
        whole: whether a text that is a piece may be spelled by itself.
    """

    def __init__(self, texts: Sequence[str], number: Mapping[str, int], whole: bool) -> None:
        edges: list[tuple[int, int, int, int]] = []
        for index, text in enumerate(texts):
            for start in range(len(text)):
                for stop in range(start + 1, min(start + _LONGEST_PIECE, len(text)) + 1):
                    piece = number.get(text[start:stop])
                    if piece is not None and (whole or stop - start < len(text)):
                        edges.append((index, start, stop, piece))
        self._edges = np.array(edges, np.int32).reshape(-1, 4).T
        self._lengths = np.array([len(text) for text in texts], np.int64)
        self._longest = int(self._lengths.max(initial=0))
        self._pieces = len(number)
        self._by_stop, self._by_start = (self._grouped(self._edges[row]) for row in (2, 1))

    def _grouped(self, places: np.ndarray) -> list[np.ndarray]:
        order = np.argsort(places, kind="stable")
        return np.split(order, np.searchsorted(places[order], np.arange(1, self._longest + 1)))

    def _forward(self, share: np.ndarray) -> np.ndarray:
        """How likely each beginning of each text is, ``(places, texts)``."""
        texts, starts, _, pieces = self._edges
        reached = np.zeros((self._longest + 1, len(self._lengths)))
        reached[0] = 1
        for stop in range(1, self._longest + 1):
            group = self._by_stop[stop]
            weights = reached[starts[group], texts[group]] * share[pieces[group]]
            reached[stop] = np.bincount(texts[group], weights, minlength=len(self._lengths))
        return reached

    def likelihood(self, share: np.ndarray) -> np.ndarray:
        """How likely each text is, ``(texts,)``."""
        return self._forward(share)[self._lengths, np.arange(len(self._lengths))]

    def expected(self, share: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """How often each piece is expected in texts that are there so often, ``(pieces,)``."""
        texts, starts, stops, pieces = self._edges
        every = np.arange(len(self._lengths))
        before = self._forward(share)
        after = np.zeros_like(before)
        after[self._lengths, every] = 1
        for start in range(self._longest - 1, -1, -1):
            group = self._by_start[start]
            weights = after[stops[group], texts[group]] * share[pieces[group]]
            after[start] += np.bincount(texts[group], weights, minlength=len(every))
        likely = np.divide(counts, after[0], out=np.zeros_like(counts), where=after[0] > 0)
        weights = likely[texts] * before[starts, texts] * share[pieces] * after[stops, texts]
        return np.bincount(pieces, weights, minlength=self._pieces)
