"""All reviews of an archive in memory, compactly: texts once, their words as numbers."""

from array import array
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np

from atelier.core.text import words
from atelier.datasets.formats.reviews import archive
from atelier.datasets.formats.reviews.cleaning import clean

_DIGEST = 16
_CHUNK = 2000  # reviews, so that counting them takes little memory


class Lexicon(dict[str, int]):
    """Words, numbered as they come: looking up a new one numbers it."""

    def __missing__(self, word: str) -> int:
        self[word] = number = len(self)
        return number


@dataclass(frozen=True)
class Collection:
    """Cleaned reviews: train before test, in both negative, positive, unlabelled, and in each by number.

    Attributes:
        texts: one string each.
        labels: uint8 ``(reviews,)``, as in `archive.FOLDERS`.
        test: boolean ``(reviews,)``: whether the review is of the official test set.
        lexicon: all words of all reviews.
        words: int32 ``(words,)``: numbers of the words of all reviews, one after the other, in the archive's order.
        spans: int64 ``(reviews, 2)``: where the words of each review begin and end in `words`.
        digests: of the words of each review: equal where two reviews differ in case, spaces and punctuation only.
    """

    texts: list[str]
    labels: np.ndarray
    test: np.ndarray
    lexicon: Lexicon
    words: np.ndarray
    spans: np.ndarray
    digests: list[bytes]

    def words_of(self, index: int) -> np.ndarray:
        """Numbers of the words of one review."""
        start, stop = self.spans[index]
        return self.words[start:stop]

    def counts(self, indices: np.ndarray) -> np.ndarray:
        """How often each word of the lexicon stands in some reviews, int64 ``(lexicon,)``."""
        total = np.zeros(len(self.lexicon), np.int64)
        for start in range(0, len(indices), _CHUNK):
            found = np.concatenate([self.words_of(index) for index in indices[start : start + _CHUNK]])
            total += np.bincount(found, minlength=len(total))
        return total


def read(path: Path, unlabelled: bool) -> Collection:
    """Read, clean and count; the result does not depend on the order in the archive but for the lexicon's numbers.

    Raises:
        ValueError: the archive is not what it should be (see `archive.read`), or lacks one of the labelled kinds.
        OSError: it cannot be read.
    """
    lexicon, flat = Lexicon(), array("i")
    keys: list[tuple[bool, int, int, int]] = []
    texts, digests, spans = [], [], array("q")
    for review in archive.read(path, unlabelled):
        text = clean(review.text)
        found = words(text)
        spans.append(len(flat))
        flat.extend(map(lexicon.__getitem__, found))
        spans.append(len(flat))
        digests.append(blake2b(" ".join(found).encode(), digest_size=_DIGEST).digest())
        texts.append(text)
        keys.append((review.split == "test", review.label, review.number, review.rating))
    present = {key[:2] for key in keys}
    for folder, label in archive.FOLDERS.items():
        for split in archive.SPLITS:
            if label != archive.UNLABELLED and (split == "test", label) not in present:
                raise ValueError(f"{path}: no reviews aclImdb/{split}/{folder}/NUMBER_RATING.txt")
    order = sorted(range(len(keys)), key=keys.__getitem__)
    return Collection(
        texts=[texts[i] for i in order],
        labels=np.array([keys[i][1] for i in order], np.uint8),
        test=np.array([keys[i][0] for i in order], bool),
        lexicon=lexicon,
        words=np.frombuffer(flat, np.int32) if flat else np.zeros(0, np.int32),
        spans=np.frombuffer(spans, np.int64).reshape(-1, 2)[order],
        digests=[digests[i] for i in order],
    )
