"""What it costs to say what words alone leave out of a text: their case, and all that stands between them."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator

from atelier.core.text import WORD

# A sign that was never seen is one of all code points.
_CODE_POINTS = 0x110000
# A word's letters are small, the first is a capital, all are, or each of them is told.
_SMALL, _FIRST, _ALL, _EACH = range(4)


class Restorer:
    """What stands before each word, and its case, drawn independently: a unigram model of such pairs, add-one smoothed.

    Behind a symbol for any other pair, its signs are told one by one, all code points being equally likely.

    >>> restorer = Restorer(["Fine. Fine."])
    >>> round(math.exp(-restorer.cost("Bad. Good.")) * 7**3, 9)  # 2/7 · 2/7 · 2/7
    8.0
    """

    def __init__(self, texts: Iterable[str]) -> None:
        """Count the pairs of some texts."""
        counts: Counter[tuple[str, int]] = Counter()
        for text in texts:
            counts.update(_pairs(text))
        self._total = math.log(counts.total() + len(counts) + 1)
        self._costs = {pair: self._total - math.log(count + 1) for pair, count in counts.items()}

    def cost(self, text: str) -> float:
        """Nats that it costs to make the text of its words."""
        costs = self._costs
        nats = 0.0
        for pair in _pairs(text):
            if pair not in costs:
                costs[pair] = self._total + (len(pair[0]) + 1) * math.log(_CODE_POINTS) + math.log(4)
            nats += costs[pair]
        mixed = (word for word in WORD.findall(text) if _case(word) == _EACH)
        return nats + math.log(2) * sum(map(len, mixed))


def _pairs(text: str) -> Iterator[tuple[str, int]]:
    """What stands before each word and the word's case, then what stands behind the last one."""
    between = WORD.split(text)
    cases = map(_case, WORD.findall(text))
    return zip(between, [*cases, _SMALL], strict=True)


def _case(word: str) -> int:
    if word.islower() or (not word.isalpha() and word == word.lower()):
        return _SMALL
    if word[0].isupper() and word[1:] == word[1:].lower():
        return _FIRST
    return _ALL if word.isupper() else _EACH
