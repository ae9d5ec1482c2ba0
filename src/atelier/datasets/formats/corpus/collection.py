"""Texts in memory: cleaned, and their words as numbers."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from atelier.core.text import words
from atelier.datasets.formats.corpus.cleaning import clean

_DIGEST = 16
_CHUNK = 2000  # texts counted at a time, which limits memory


class Lexicon(dict[str, int]):
    """A numbering of words: looking up a new word gives it the next number."""

    def __missing__(self, word: str) -> int:
        self[word] = number = len(self)
        return number


@dataclass(frozen=True)
class Collection:
    """Cleaned texts, in the order of the dataset."""

    texts: list[str]
    labels: np.ndarray  # uint8 (texts,): class of each text; the number of classes if it is unknown
    lexicon: Lexicon
    words: np.ndarray  # int32 (words,): numbers of the words of all texts, in the order of reading
    spans: np.ndarray  # int64 (texts, 2): start and end of each text in `words`
    digests: list[bytes]  # of the words, equal for texts that differ only in case, spaces and punctuation

    def words_of(self, index: int) -> np.ndarray:
        """Return the numbers of the words of one text."""
        return self.words[slice(*self.spans[index])]

    def counts(self, indices: np.ndarray) -> np.ndarray:
        """Count how often each word of the lexicon occurs in the texts `indices`, int64 ``(lexicon,)``."""
        total = np.zeros(len(self.lexicon), np.int64)
        for start in range(0, len(indices), _CHUNK):
            found = np.concatenate([self.words_of(index) for index in indices[start : start + _CHUNK]])
            total += np.bincount(found, minlength=len(total))
        return total


class Reading:
    """Clean texts and number their words, one after another. Only the lexicon's numbers depend on the order."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.digests: list[bytes] = []
        self._lexicon = Lexicon()
        self._words, self._spans = array("i"), array("q")

    def add(self, raw: str) -> bool:
        """Add a text; return whether it has any word."""
        text = clean(raw)
        found = words(text)
        self._spans.append(len(self._words))
        self._words.extend(map(self._lexicon.__getitem__, found))
        self._spans.append(len(self._words))
        self.digests.append(blake2b(" ".join(found).encode(), digest_size=_DIGEST).digest())
        self.texts.append(text)
        return bool(found)

    def collection(self, order: Sequence[int], labels: np.ndarray) -> Collection:
        """Return the texts with the numbers `order`, in this order, and their labels."""
        return Collection(
            texts=[self.texts[i] for i in order],
            labels=labels,
            lexicon=self._lexicon,
            words=np.frombuffer(self._words, np.int32) if self._words else np.zeros(0, np.int32),
            spans=np.frombuffer(self._spans, np.int64).reshape(-1, 2)[list(order)],
            digests=[self.digests[i] for i in order],
        )
