"""Assign each picture to a split: by the official partition, or by a hash of its name."""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

import numpy as np

from atelier.core.spec import SPLITS
from atelier.datasets.formats.faces import tables

OFFICIAL = "official partition"
HASHED = "seeded hash of the name: the pictures at hand do not cover the official splits"


def assign(
    path: Path, names: np.ndarray, usable: np.ndarray, validation: float, test: float, seed: int
) -> tuple[np.ndarray, str]:
    """Split by the official partition at `path` if the usable pictures cover all of its splits, else by `hashed`.

    Args:
        path: the official partition.
        names: the pictures, shape ``(n,)``.
        usable: whether each of them has attributes, boolean of shape ``(n,)``.
        validation, test, seed: see `hashed`.

    Returns:
        Indices into `SPLITS`, shape ``(n,)``, −1 for a picture that the official partition does not list; and the rule.
    """
    listed, parts = tables.partition(path)
    row = tables.rows(listed, names)
    official = np.where(row >= 0, parts[row], -1)
    if set(official[usable].tolist()) >= set(range(len(SPLITS))):
        return official, OFFICIAL
    return hashed(names, validation, test, seed), HASHED


def hashed(names: Iterable[str], validation: float, test: float, seed: int) -> np.ndarray:
    """Split by a seeded hash of each name: a picture keeps its split when other pictures are added or removed.

    `validation` and `test` are shares; the rest is train. Returns indices into `SPLITS`, int8 of shape ``(names,)``.

    >>> hashed(["000001.jpg", "000002.jpg", "000003.jpg"], 0.3, 0.3, seed=1).tolist()
    [0, 1, 2]
    """
    drawn = np.array([_fraction(f"{seed} {name}") for name in names])
    return np.select([drawn < validation, drawn < validation + test], [1, 2], 0).astype(np.int8)


def _fraction(text: str) -> float:
    """Map a text to a pseudo-random number in [0, 1)."""
    return (int.from_bytes(sha256(text.encode()).digest()[:8], "big") >> 11) / (1 << 53)
