"""Pictures that every family of images shows: samples, and paths from one latent to another."""

from pathlib import Path

import numpy as np

from atelier.core import images, seeds

Exhibit = dict[str, str]
COLUMNS = 16


def samples(drawn: np.ndarray, shown: int, first_seed: int, origin: str, directory: Path) -> Exhibit:
    """Write `samples.png`: the first `shown` of the samples, not chosen.

    Args:
        drawn: uint8 ``(n, h, w, c)``.
        first_seed: of the first one.
        origin: where they are from, for the caption.
    """
    images.write_png(directory / "samples.png", images.grid(drawn[:shown], COLUMNS))
    count = min(shown, len(drawn))
    caption = f"The first {count} of {len(drawn)} samples {origin}, not chosen; seeds from {first_seed}."
    return {"file": "samples.png", "title": "Samples", "caption": caption}


def slerp(start: np.ndarray, end: np.ndarray, steps: int) -> np.ndarray:
    """Spherical interpolation (Shoemake, 1985), which keeps to the radii where the prior has its mass.

    Args:
        start, end: latents ``(latent_dim,)``.
        steps: points, the two ends included.

    Returns:
        float32 ``(steps, latent_dim)``; a straight line where the two are nearly parallel.

    >>> np.round(slerp(np.array([1.0, 0.0]), np.array([0.0, 1.0]), 3)[1], 4).tolist()
    [0.707099974155426, 0.707099974155426]
    """
    share = np.linspace(0, 1, steps)[:, None]
    cosine = np.dot(start, end) / max(np.linalg.norm(start) * np.linalg.norm(end), 1e-12)
    angle = np.arccos(np.clip(cosine, -1, 1))
    if np.sin(angle) < 1e-3:
        return ((1 - share) * start + share * end).astype(np.float32)
    path = (np.sin((1 - share) * angle) * start + np.sin(share * angle) * end) / np.sin(angle)
    return path.astype(np.float32)


def choose(seed: int, purpose: str, available: int, wanted: int, *, at_most: bool = False) -> np.ndarray:
    """Indices of `wanted` images drawn from `available` ones, or of all where `at_most` so many are wanted.

    Raises:
        ValueError: there are fewer.
    """
    if wanted > available and not at_most:
        raise ValueError(f"{wanted} test images are to be shown as {purpose}, but the split has {available}")
    return seeds.generator(seed, purpose).choice(available, min(wanted, available), replace=False)
