"""What it costs to spell a word that the vocabulary lacks, so that models of closed vocabularies can be compared."""

import math
from collections import Counter
from collections.abc import Iterable

# A letter that no word of train has is one of all code points.
_CODE_POINTS = 0x110000


class Speller:
    """Letters drawn independently, then an end of the word: a unigram model with add-one smoothing.

    Its alphabet are the letters of the words it was made of, the end, and one symbol for any other letter; behind that
    symbol the code point is told, all being equally likely.

    >>> speller = Speller(["aab"])
    >>> [round(math.exp(-speller.cost(word)) * 8**3, 9) for word in ("ab", "ba")]  # 3/8 · 2/8 · 2/8
    [12.0, 12.0]
    """

    def __init__(self, words: Iterable[str]) -> None:
        """Count the letters of some words, each of which counts once."""
        counts: Counter[str] = Counter()
        ends = 0
        for word in words:
            counts.update(word)
            ends += 1
        total = math.log(counts.total() + ends + len(counts) + 2)
        self._letters = {letter: total - math.log(count + 1) for letter, count in counts.items()}
        self._end = total - math.log(ends + 1)
        self._other = total + math.log(_CODE_POINTS)

    def cost(self, word: str) -> float:
        """Nats that a word costs."""
        return math.fsum(self._letters.get(letter, self._other) for letter in word) + self._end
