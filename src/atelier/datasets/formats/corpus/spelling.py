"""Cost in nats of the information that tokens of words lack: spelling of unknown words, case, punctuation, spaces.

With this cost, the likelihood of a model of words can be compared with that of a model of another vocabulary.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator

from atelier.core.text import WORD

_CODE_POINTS = 0x110000  # equally likely for a character that is not in the fitted texts
# The case of a word: lower, capitalised, upper, or mixed, which is encoded letter by letter.
_SMALL, _FIRST, _ALL, _EACH = range(4)


class Speller:
    """A unigram model of the letters of unknown words and of the end of a word, with add-one smoothing.

    Its alphabet is the letters of the fitted words, the end, and one symbol for any other letter, which is followed by
    the letter's code point.

    >>> speller = Speller(["aab"])
    >>> [round(math.exp(-speller.cost(word)) * 8**3, 9) for word in ("ab", "ba")]  # 3/8 · 2/8 · 2/8
    [12.0, 12.0]
    """

    def __init__(self, words: Iterable[str]) -> None:
        """Fit to distinct words."""
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
        """Return the cost of a word in nats."""
        return math.fsum(self._letters.get(letter, self._other) for letter in word) + self._end


class Restorer:
    """A unigram model of pairs, with add-one smoothing: the characters before each word, and the word's letter case.

    One symbol stands for any other pair, followed by the code points of its characters.

    >>> restorer = Restorer(["Fine. Fine."])
    >>> round(math.exp(-restorer.cost("Bad. Good.")) * 7**3, 9)  # 2/7 · 2/7 · 2/7
    8.0
    """

    def __init__(self, texts: Iterable[str]) -> None:
        """Fit to texts."""
        counts = Counter(pair for text in texts for pair in _pairs(text))
        self._total = math.log(counts.total() + len(counts) + 1)
        self._costs = {pair: self._total - math.log(count + 1) for pair, count in counts.items()}

    def cost(self, text: str) -> float:
        """Return the cost of a text whose words are known in lower case."""
        costs = self._costs
        nats = 0.0
        for pair in _pairs(text):
            if pair not in costs:
                costs[pair] = self._total + (len(pair[0]) + 1) * math.log(_CODE_POINTS) + math.log(4)
            nats += costs[pair]
        mixed = (word for word in WORD.findall(text) if _case(word) == _EACH)
        return nats + math.log(2) * sum(map(len, mixed))


def _pairs(text: str) -> Iterator[tuple[str, int]]:
    """Yield the characters before each word with the word's case, then the characters after the last word."""
    between = WORD.split(text)
    cases = map(_case, WORD.findall(text))
    return zip(between, [*cases, _SMALL], strict=True)


def _case(word: str) -> int:
    if word.islower() or (not word.isalpha() and word == word.lower()):
        return _SMALL
    if word[0].isupper() and word[1:] == word[1:].lower():
        return _FIRST
    return _ALL if word.isupper() else _EACH
