"""Choose and encode faces of a split, in chunks because the split may not fit in memory."""

import numpy as np

from atelier.core import seeds
from atelier.core.prepared import Prepared
from atelier.editing.space import Space
from atelier.modalities.images import conditions

# Images in memory at once; a multiple of usual batch sizes, so that few batches must be filled up.
CHUNK = 2048


def encode(space: Space, prepared: Prepared, split: str, rows: np.ndarray, refined: bool = True) -> np.ndarray:
    """Compute the points, float32 ``(len(rows), dim)``, of rows of a split; a network is told their labels."""
    images, told = prepared.images(split), conditions.told(space.network, prepared, split)
    chunks = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
    return np.concatenate(
        [space.points(np.asarray(images[chunk]), None if told is None else told[chunk], refined) for chunk in chunks]
    )


def choose(seed: int, purpose: str, available: int, at_most: int) -> np.ndarray:
    """Return the indices of up to `at_most` of `available` images, in random order."""
    return seeds.generator(seed, purpose).permutation(available)[:at_most]
