"""Assign reviews to splits: the official test set stays complete, and train contains none of its texts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

RULE = "official test set; validation by seeded hash of the words, equal reviews together"


@dataclass(frozen=True)
class Division:
    """The reviews of each split, ascending int64 indices ``(reviews,)``, and the number of duplicates."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    removed: int  # reviews dropped because a test review has the same words
    repeated: int  # reviews of train with the same words as an earlier one; they are kept


def divide(digests: Sequence[bytes], test: np.ndarray, validation: int, seed: int) -> Division:
    """Hold out `validation` reviews from those outside of the test set, such that no two splits share a text.

    Equal reviews, which have equal digests, stay together. Groups of them are taken in the order of a seeded hash:
    most reviews keep their split when others are added or removed.

    >>> parts = divide([b"a", b"b", b"c", b"a", b"d"], np.array([0, 0, 0, 0, 1], bool), 1, seed=0)
    >>> len(parts.train), len(parts.validation), parts.test.tolist(), parts.repeated
    (3, 1, [4], 1)
    """
    tested = {digests[index] for index in np.flatnonzero(test).tolist()}
    pool = [index for index in np.flatnonzero(~test).tolist() if digests[index] not in tested]
    if validation >= len(pool):
        allowed = f"{len(pool)} reviews are not in test, so at most {len(pool) - 1}"
        raise ValueError(f"validation: got {validation}; {allowed}")
    groups = Counter(digests[index] for index in pool)
    held: set[bytes] = set()
    missing = validation
    key = str(seed).encode()
    for digest in sorted(groups, key=lambda digest: blake2b(digest, key=key, digest_size=16).digest()):
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
