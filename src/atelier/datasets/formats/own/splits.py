"""Assign examples to splits: by their folders, or by a seeded hash of their content."""

from collections.abc import Mapping
from hashlib import blake2b

import numpy as np

from atelier.core.spec import SPLITS

TRAIN = 0


def rule(official: tuple[int, ...], content: str = "content", what: str = "files") -> str:
    """Say how examples are assigned, for `Spec.split_rule`; `content` is what is hashed of `what`.

    >>> rule((0, 2))
    'folders for train and test; validation by seeded hash of the content, out of train'
    """
    missing = [name for index, name in enumerate(SPLITS) if index not in official]
    if not official:
        return f"seeded hash of the {content}: equal {what} stay together"
    folders = f"folders for {' and '.join(SPLITS[index] for index in official)}" if missing else "folders"
    return f"{folders}; {' and '.join(missing)} by seeded hash of the {content}, out of train" if missing else folders


def assign(
    placed: np.ndarray,
    official: tuple[int, ...],
    digests: np.ndarray,
    kinds: np.ndarray,
    shares: Mapping[int, float],
    seed: int,
) -> np.ndarray:
    """Return an index into `SPLITS` for each example.

    Args:
        placed: what its folder says, −1 for nothing.
        official: the splits that have folders; the others are taken out of train, see `hashed`.
        digests, kinds: content and class of each example.
        shares: of the splits other than train.
        seed: of the hash.
    """
    split = placed.clip(min=TRAIN)
    pool = np.flatnonzero(split == TRAIN)
    missing = {index: share for index, share in shares.items() if index not in official}
    split[pool] = hashed(digests[pool], kinds[pool], missing, seed)
    return split


def groups(digests: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find equal files: return the number of each file's content, and the first file with each content.

    >>> of_file, first = groups(np.array([b"b", b"a", b"b"], "V1"))
    >>> of_file.tolist(), first.tolist()
    ([1, 0, 1], [1, 0])
    """
    _, first, of_file = np.unique(digests, return_index=True, return_inverse=True)
    return of_file, first


def repeated(contents: np.ndarray, split: np.ndarray, what: str) -> dict[str, int]:
    """Count the examples that are equal to another one, and the contents in several splits, as statistics of a Spec.

    >>> repeated(np.array([0, 1, 0, 0]), np.array([0, 0, 0, 2]), "file")
    {'equal_to_another_file': 2, 'files_in_two_splits': 1}
    """
    different = len(np.unique(contents))
    pairs = np.unique(np.stack([contents, split.astype(contents.dtype)]), axis=1)
    return {
        f"equal_to_another_{what}": len(contents) - different,
        f"{what}s_in_two_splits": pairs.shape[1] - different,
    }


def fractions(digests: np.ndarray, seed: int) -> np.ndarray:
    """Map each content to a pseudo-random number in [0, 1) that depends on the content and the seed only."""
    key = str(seed).encode()
    numbers = (blake2b(key + b" " + digest.tobytes(), digest_size=8).digest() for digest in digests)
    return np.array([int.from_bytes(number, "big") >> 11 for number in numbers], np.float64) / (1 << 53)


def hashed(digests: np.ndarray, labels: np.ndarray, shares: Mapping[int, float], seed: int) -> np.ndarray:
    """Split files by a seeded hash of their content; return an index into `SPLITS` for each, int8 ``(files,)``.

    Within each class, contents are ordered by their hash: the first ones go to the splits in `shares`, at least one to
    each if there are enough, and the rest is train. A content therefore keeps its split when others come or go, except
    in very small classes.

    Args:
        digests: of the content of each file.
        labels: class of each file; all equal without classes.
        shares: of the splits that are taken out of train.
    """
    of_file, first = groups(digests)
    drawn, kinds = fractions(digests[first], seed), labels[first]
    split = np.full(len(first), TRAIN, np.int8)
    for kind in np.unique(kinds):
        pool = np.flatnonzero(kinds == kind)
        pool = pool[np.argsort(drawn[pool], kind="stable")]
        least = int(len(pool) > len(shares))
        start, below = 0, 0.0
        for left, (index, share) in zip(range(len(shares), 0, -1), shares.items(), strict=True):
            below += share
            wanted = int((drawn[pool] < below).sum()) - start
            count = max(0, min(max(wanted, least), len(pool) - start - left * least))
            split[pool[start : start + count]] = index
            start += count
    return split[of_file]
