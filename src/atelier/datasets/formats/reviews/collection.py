"""Read all reviews of an archive into memory."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from atelier.datasets.formats.corpus.collection import Collection, Reading
from atelier.datasets.formats.reviews import archive


@dataclass(frozen=True)
class Reviews(Collection):
    """Cleaned reviews, sorted by split (train first), label and number; labels are indices into `archive.LABELS`."""

    test: np.ndarray  # boolean (reviews,): whether a review belongs to the official test set


def read(path: Path, unlabelled: bool) -> Reviews:
    """Read an archive, and clean and number its texts. Only the lexicon's numbers depend on the archive's order.

    Raises:
        ValueError: the archive is malformed (see `archive.read`), or lacks the reviews of a split and label.
    """
    reading = Reading()
    keys: list[tuple[bool, int, int, int]] = []
    for review in archive.read(path, unlabelled):
        reading.add(review.text)
        keys.append((review.split == "test", review.label, review.number, review.rating))
    present = {key[:2] for key in keys}
    for split in archive.SPLITS:
        for label in (archive.NEGATIVE, archive.POSITIVE):
            if (split == "test", label) not in present:
                folder = f"{archive.FOLDER}/{split}/{archive.LABELS[label]}"
                came = archive.folders(path)
                raise ValueError(f"{path}: no reviews {folder}/NUMBER_RATING.txt; it contains {came}")
    order = sorted(range(len(keys)), key=keys.__getitem__)
    texts = reading.collection(order, np.array([keys[i][1] for i in order], np.uint8))
    return Reviews(**vars(texts), test=np.array([keys[i][0] for i in order], bool))
