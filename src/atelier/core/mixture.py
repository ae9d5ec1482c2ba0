"""A mixture of Gaussians that latents are drawn from, in place of the standard normal."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from atelier.core import files, seeds

FILE = "prior.npy"


@dataclass(frozen=True)
class Mixture:
    """A mixture of k Gaussians over latents of d dimensions.

    Attributes:
        shares: of each Gaussian, ``(k,)``; their sum is 1.
        means: ``(k, d)``.
        factors: Cholesky factors of the covariances, ``(k, d, d)``.
    """

    shares: np.ndarray
    means: np.ndarray
    factors: np.ndarray

    def latents(self, numbers: Iterable[int]) -> np.ndarray:
        """Draw one latent for each seed, float32 ``(seeds, d)``; a row depends on its own seed only."""
        bounds, rows = np.cumsum(self.shares), []
        for number in numbers:
            generator = seeds.generator(number, "mixture")
            component = min(int(np.searchsorted(bounds, generator.random())), len(bounds) - 1)
            noise = generator.standard_normal(self.means.shape[1])
            rows.append(self.means[component] + self.factors[component] @ noise)
        return np.asarray(rows, np.float32).reshape(-1, self.means.shape[1])

    def write(self, directory: Path) -> None:
        """Write `prior.npy`, float64 ``(k, 1 + d + d²)``: share, mean and factor of each Gaussian."""
        factors = self.factors.reshape(len(self.shares), -1)
        files.write_array(directory / FILE, np.concatenate([self.shares[:, None], self.means, factors], axis=1))

    @classmethod
    def read(cls, directory: Path, latent_dim: int) -> "Mixture":
        """Read what `write` wrote; raise `ValueError` if it is not for latents of `latent_dim` dimensions."""
        rows = files.read_array(directory / FILE, 2, "f", mapped=False)
        if not len(rows) or rows.shape[1] != 1 + latent_dim + latent_dim**2 or not np.isfinite(rows).all():
            raise ValueError(
                f"{directory / FILE}: not a mixture of Gaussians over {latent_dim} latents; {files.RESTORE}"
            )
        shares, means, factors = np.split(rows, [1, 1 + latent_dim], axis=1)
        return cls(shares[:, 0], means, factors.reshape(-1, latent_dim, latent_dim))
