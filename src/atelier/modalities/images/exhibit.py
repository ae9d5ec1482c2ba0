"""Exhibits that several families of images write: samples, interpolations between latents, and tables."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from atelier.core import files, seeds
from atelier.core.pictures import grid, write_png
from atelier.modalities.images import generate
from atelier.modalities.images.params import Interpolations
from atelier.networks.network import Network

Exhibit = dict[str, str]
COLUMNS = 16


@dataclass(frozen=True)
class Table:
    """A table with its caption; the first of its rows is the header."""

    file: str
    title: str
    caption: str
    rows: Sequence[Sequence[str]]

    def write(self, directory: Path) -> Exhibit:
        """Write the rows as CSV."""
        with files.atomic(directory / self.file) as temporary, temporary.open("w", newline="", encoding="utf-8") as out:
            csv.writer(out, lineterminator="\n").writerows(self.rows)
        return {"file": self.file, "title": self.title, "caption": self.caption}


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


def reconstructions(
    network: Network,
    test: np.ndarray,
    means: np.ndarray,
    count: int,
    seed: int,
    batch: int,
    directory: Path,
    told: np.ndarray | None = None,
) -> Exhibit:
    """Write `count` test images, uint8 ``(n, h, w, c)``, above what the decoder makes of their posterior means.

    A network that is told conditions needs those of all test images, ``(n, conditions)``.
    """
    chosen = choose(seed, "reconstructions", len(test), count)
    decoded = generate.decode(network, means[chosen], batch, None if told is None else told[chosen])
    columns = min(10, len(chosen))
    whole = range(0, len(chosen) - columns + 1, columns)
    rows = [part[start : start + columns] for start in whole for part in (test[chosen], decoded)]
    write_png(directory / "reconstructions.png", grid(np.concatenate(rows), columns))
    caption = "Test images, each above its reconstruction from the posterior mean."
    return {"file": "reconstructions.png", "title": "Reconstructions", "caption": caption}


def between_images(
    network: Network,
    test: np.ndarray,
    means: np.ndarray,
    params: Interpolations,
    seed: int,
    batch: int,
    directory: Path,
    told: np.ndarray | None = None,
) -> Exhibit:
    """Write interpolations between the posterior means of test images, uint8 ``(n, h, w, c)``.

    A network that is told conditions needs those of all test images, ``(n, conditions)``: a path also leads, on a
    straight line, from the condition of one image to that of the other.
    """
    chosen = choose(seed, "interpolations", len(test), 2 * params.interpolations)
    pairs = chosen.reshape(-1, 2)
    z = np.concatenate([slerp(means[a], means[b], params.steps) for a, b in pairs])
    condition = None
    if told is not None:
        start, end = (told[side][:, None].astype(np.float32) for side in pairs.T)
        share = np.linspace(0, 1, params.steps)[:, None]
        condition = ((1 - share) * start + share * end).reshape(len(z), -1)
    paths = generate.decode(network, z, batch, condition).reshape(len(pairs), params.steps, *test.shape[1:])
    rows = np.concatenate([test[pairs[:, :1]], paths, test[pairs[:, 1:]]], axis=1)
    write_png(directory / "interpolations.png", grid(rows.reshape(-1, *test.shape[1:]), params.steps + 2))
    caption = "From one test image (left) to another (right) along the sphere between their latents."
    return {"file": "interpolations.png", "title": "Interpolations", "caption": caption}
