"""Which picture belongs to which split."""

from collections.abc import Iterable
from hashlib import sha256

import numpy as np

OFFICIAL = "official partition"
HASHED = "seeded hash of the name: the pictures at hand do not cover the official splits"


def hashed(names: Iterable[str], validation: float, test: float, seed: int) -> np.ndarray:
    """Split by a hash of each name, so that a picture stays where it is whatever others come or go.

    Args:
        names: of the pictures.
        validation, test: the shares of two splits; the rest is train.
        seed: another one draws another split.

    Returns:
        0 for train, 1 for validation, 2 for test: int8 of shape ``(names,)``.

    >>> hashed(["000001.jpg", "000002.jpg", "000003.jpg"], 0.3, 0.3, seed=1).tolist()
    [0, 1, 2]
    """
    drawn = np.array([_fraction(f"{seed} {name}") for name in names])
    return np.select([drawn < validation, drawn < validation + test], [1, 2], 0).astype(np.int8)


def _fraction(text: str) -> float:
    """A number in [0, 1) that looks random but depends on `text` only."""
    return (int.from_bytes(sha256(text.encode()).digest()[:8], "big") >> 11) / (1 << 53)
