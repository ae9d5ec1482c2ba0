"""The arrays of a prepared dataset, memory-mapped, with their spec."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from atelier.core.spec import Spec


@dataclass(frozen=True)
class Prepared:
    """A prepared dataset on disk."""

    directory: Path
    spec: Spec

    @classmethod
    def read(cls, directory: Path) -> "Prepared":
        """Open `directory`.

        Raises:
            FileNotFoundError: it holds no prepared dataset.
        """
        path = directory / "spec.json"
        if not path.is_file():
            raise FileNotFoundError(f"{directory} holds no prepared dataset (no spec.json); run its prepare stage")
        return cls(directory, Spec.read(path))

    def images(self, split: str) -> np.ndarray:
        """uint8 ``(n, h, w, c)`` of ``train``, ``validation`` or ``test``."""
        return np.load(self.directory / f"{split}_images.npy", mmap_mode="r", allow_pickle=False)

    def labels(self, split: str) -> np.ndarray:
        """uint8 ``(n,)``."""
        return np.load(self.directory / f"{split}_labels.npy", mmap_mode="r", allow_pickle=False)
