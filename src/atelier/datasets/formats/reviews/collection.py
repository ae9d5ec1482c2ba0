"""Read all reviews of an archive into memory: their texts, and their words as numbers."""

from array import array
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np

from atelier.core.text import words
from atelier.datasets.formats.reviews import archive
from atelier.datasets.formats.reviews.cleaning import clean

_DIGEST = 16
_CHUNK = 2000  # reviews counted at a time, which limits memory


class Lexicon(dict[str, int]):
    """A numbering of words: looking up a new word gives it the next number."""

    def __missing__(self, word: str) -> int:
        self[word] = number = len(self)
        return number


@dataclass(frozen=True)
class Collection:
    """Cleaned reviews, sorted by split (train first), label and number."""

    texts: list[str]
    labels: np.ndarray  # uint8 (reviews,), indices into `archive.LABELS`
    test: np.ndarray  # boolean (reviews,): whether a review belongs to the official test set
    lexicon: Lexicon
    words: np.ndarray  # int32 (words,): numbers of the words of all reviews, in the archive's order
    spans: np.ndarray  # int64 (reviews, 2): start and end of each review in `words`
    digests: list[bytes]  # of the words, equal for reviews that differ only in case, spaces and punctuation

    def words_of(self, index: int) -> np.ndarray:
        """Return the numbers of the words of one review."""
        return self.words[slice(*self.spans[index])]

    def counts(self, indices: np.ndarray) -> np.ndarray:
        """Count how often each word of the lexicon occurs in the reviews `indices`, int64 ``(lexicon,)``."""
        total = np.zeros(len(self.lexicon), np.int64)
        for start in range(0, len(indices), _CHUNK):
            found = np.concatenate([self.words_of(index) for index in indices[start : start + _CHUNK]])
            total += np.bincount(found, minlength=len(total))
        return total


def read(path: Path, unlabelled: bool) -> Collection:
    """Read an archive, and clean and number its texts. Only the lexicon's numbers depend on the archive's order.

    Raises:
        ValueError: the archive is malformed (see `archive.read`), or lacks the reviews of a split and label.
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
    for split in archive.SPLITS:
        for label in (archive.NEGATIVE, archive.POSITIVE):
            if (split == "test", label) not in present:
                folder = f"{archive.FOLDER}/{split}/{archive.LABELS[label]}"
                came = archive.folders(path)
                raise ValueError(f"{path}: no reviews {folder}/NUMBER_RATING.txt; it contains {came}")
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
