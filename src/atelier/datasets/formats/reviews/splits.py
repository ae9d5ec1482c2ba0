"""Which review belongs to which split: the official test set stays whole, and nothing of it is trained on."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

RULE = "official test set; validation by seeded hash of the words, equal reviews together"


@dataclass(frozen=True)
class Division:
    """Indices of the reviews of each split, ascending, and what was found on the way.

    Attributes:
        train, validation, test: int64 ``(reviews,)`` each.
        removed: reviews let go because their words stand in a test review too.
        repeated: reviews of train whose words stand in an earlier one; they are kept.
    """

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    removed: int
    repeated: int


def divide(digests: Sequence[bytes], test: np.ndarray, validation: int, seed: int) -> Division:
    """Carve a validation split out of what is not test, so that no text lies on both sides.

    A group of equal reviews goes to validation whole or not at all; groups come in the order of a seeded hash until
    the number is reached, so that a review stays where it is whatever others come or go.

    Args:
        digests: equal for equal reviews.
        test: boolean ``(reviews,)``: whether a review is of the official test set.
        validation: reviews to hold out.
        seed: another one holds out others.

    Raises:
        ValueError: nothing would be left to train on, or the groups do not add up to the number.

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
    for digest in sorted(groups, key=lambda digest: _draw(digest, seed)):
        if groups[digest] <= missing:
            held.add(digest)
            missing -= groups[digest]
        if not missing:
            break
    else:
        raise ValueError(f"validation: got {validation}; no set of whole groups of equal reviews has that number")
    kept = [index for index in pool if digests[index] not in held]
    return Division(
        train=np.array(kept, np.int64),
        validation=np.array([index for index in pool if digests[index] in held], np.int64),
        test=np.flatnonzero(test),
        removed=int((~test).sum()) - len(pool),
        repeated=len(kept) - len({digests[index] for index in kept}),
    )


def _draw(digest: bytes, seed: int) -> bytes:
    return blake2b(digest, key=str(seed).encode(), digest_size=16).digest()
