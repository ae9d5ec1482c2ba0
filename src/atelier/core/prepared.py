"""The arrays of a prepared dataset, memory-mapped, with their spec."""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np

from atelier.core import files
from atelier.core.shards import Shards
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
        """uint8 ``(n, h, w, c)`` of ``train``, ``validation`` or ``test``: an array, or `Shards` read like one.

        Raises:
            FileNotFoundError: a file of the split is not there.
        """
        whole = self.directory / f"{split}_images.npy"
        if whole.is_file():
            return np.load(whole, mmap_mode="r", allow_pickle=False)
        index = self.directory / "images.json"
        if not index.is_file():
            raise self._missing(whole)
        paths = [self.directory / shard["file"] for shard in files.read_json(index)[split]]
        for path in paths:
            if not path.is_file():
                raise self._missing(path)
        # They have what an array is asked for here: shape, dtype, length, rows by index, and a copy by `np.asarray`.
        return cast("np.ndarray", Shards.open(paths))

    def labels(self, split: str) -> np.ndarray:
        """uint8: classes ``(n,)``, or 0 and 1 for each attribute, ``(n, attributes)``."""
        return np.load(self.directory / f"{split}_labels.npy", mmap_mode="r", allow_pickle=False)

    def _missing(self, path: Path) -> FileNotFoundError:
        return FileNotFoundError(f"{path} is not there; run the prepare stage of {self.spec.name}")
