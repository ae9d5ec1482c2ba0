"""Exhibits that several families of images write: samples, and interpolations between latents."""

from pathlib import Path

import numpy as np

from atelier.core import seeds
from atelier.core.pictures import grid, write_png

Exhibit = dict[str, str]
COLUMNS = 16


def samples(drawn: np.ndarray, shown: int, first_seed: int, origin: str, directory: Path) -> Exhibit:
    """Write the first `shown` samples, uint8 ``(n, h, w, c)``; the caption says that they come from `origin`."""
    write_png(directory / "samples.png", grid(drawn[:shown], COLUMNS))
    count = min(shown, len(drawn))
    caption = f"The first {count} of {len(drawn)} samples {origin}, without selection; seeds from {first_seed}."
    return {"file": "samples.png", "title": "Samples", "caption": caption}


def slerp(start: np.ndarray, end: np.ndarray, steps: int) -> np.ndarray:
    """Interpolate between latents ``(latent_dim,)`` on the sphere (Shoemake, 1985), where the prior has its mass.

    Nearly parallel latents are interpolated linearly. The result ``(steps, latent_dim)`` includes both ends.

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


def choose(seed: int, purpose: str, available: int, wanted: int) -> np.ndarray:
    """Choose the indices of `wanted` out of `available` images; raise `ValueError` if there are fewer."""
    if wanted > available:
        raise ValueError(f"{wanted} test images are to be shown as {purpose}, but the split has {available}")
    return seeds.generator(seed, purpose).choice(available, wanted, replace=False)
