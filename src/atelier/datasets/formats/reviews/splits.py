"""Assign reviews to splits: the official test set stays complete, and train contains none of its texts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

RULE = "official test set; validation by seeded hash of the words, equal reviews together"


@dataclass(frozen=True)
class Division:
    """The reviews of each split, and the number of duplicates.

    Attributes:
        train, validation, test: ascending indices, int64 ``(reviews,)`` each.
        removed: number of reviews dropped because a test review has the same words.
        repeated: number of reviews of train with the same words as an earlier one; they are kept.
    """

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    removed: int
    repeated: int


def divide(digests: Sequence[bytes], test: np.ndarray, validation: int, seed: int) -> Division:
    """Choose a validation split from the reviews outside of the test set, such that no two splits share a text.

    A group of equal reviews goes to validation as a whole. Groups are taken in the order of a seeded hash until the
    number is reached: a review mostly keeps its split when others are added or removed.

    Args:
        digests: equal for equal reviews.
        test: boolean ``(reviews,)``: whether a review belongs to the official test set.
        validation: number of reviews to hold out.
        seed: of the hash.

    Raises:
        ValueError: no review would stay in train, or no choice of groups has that number of reviews.

    >>> parts = divide([b"a", b"b", b"c", b"a", b"d"], np.array([0, 0, 0, 0, 1], bool), 1, seed=0)
    >>> len(parts.train), len(parts.validation), parts.test.tolist(), parts.repeated
    (3, 1, [4], 1)
    """
    tested = {digests[index] for index in np.flatnonzero(test).tolist()}
    pool = [index for index in np.flatnonzero(~test).tolist() if digests[index] not in tested]
    if validation >= len(pool):
        raise ValueError(
            f"validation: got {validation}; {len(pool)} reviews are not in test, so at most {len(pool) - 1}"
        )
    groups = Counter(digests[index] for index in pool)
    held: set[bytes] = set()
    missing = validation
    for digest in sorted(groups, key=lambda digest: _hash(digest, seed)):
        if groups[digest] <= missing:
            held.add(digest)
            missing -= groups[digest]
        if not missing:
            break
    else:
        raise ValueError(f"validation: got {validation}; no set of complete groups of equal reviews has that number")
    kept = [index for index in pool if digests[index] not in held]
    return Division(
        train=np.array(kept, np.int64),
        validation=np.array([index for index in pool if digests[index] in held], np.int64),
        test=np.flatnonzero(test),
        removed=int((~test).sum()) - len(pool),
        repeated=len(kept) - len({digests[index] for index in kept}),
    )


def _hash(digest: bytes, seed: int) -> bytes:
    return blake2b(digest, key=str(seed).encode(), digest_size=16).digest()
