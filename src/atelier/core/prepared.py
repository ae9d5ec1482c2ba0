"""The arrays of a prepared dataset, memory-mapped, with their spec."""

from dataclasses import dataclass
from pathlib import Path, PurePath
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
        """Open `directory`; raises FileNotFoundError if it holds no prepared dataset.

        The ValueError for files that are damaged, or do not fit their spec, names one of them.
        """
        path = directory / "spec.json"
        if not path.is_file():
            raise FileNotFoundError(f"{directory} holds no prepared dataset (no spec.json); run its prepare stage")
        found = cls(directory, Spec.read(path))
        if found.spec.shape:
            found._check()
        return found

    def images(self, split: str) -> np.ndarray:
        """Open the images of ``train``, ``validation`` or ``test``, uint8 ``(n, h, w, c)``: an array, or `Shards`."""
        whole = self.directory / f"{split}_images.npy"
        if whole.is_file():
            return files.read_array(whole, 4, "u")
        index = self.directory / "images.json"
        paths = _shards(index, split) if index.is_file() else [whole]
        for path in paths:
            if not path.is_file():
                raise FileNotFoundError(f"{path} is not there; run the prepare stage of {self.spec.name}")
        # Shards have all that callers use of an array: shape, dtype, length, rows by index, and `np.asarray`.
        return cast("np.ndarray", Shards.open(paths))

    def labels(self, split: str) -> np.ndarray:
        """Open the labels of a split, uint8: classes ``(n,)``, or 0 and 1 for each attribute, ``(n, attributes)``.

        A dataset has no labels if its spec names neither classes nor attributes; this is a `ValueError`.
        """
        if not self.spec.label_names:
            raise ValueError(f"{self.spec.name} has no labels: neither classes nor attributes")
        return files.read_array(self.directory / f"{split}_labels.npy", 2 if self.spec.attributes else 1, "u")

    def _check(self) -> None:
        """Compare the arrays with the spec."""
        labels = (len(self.spec.attributes),) if self.spec.attributes else ()
        for split, count in self.spec.sizes.items():
            arrays = {"images": (self.images(split), self.spec.shape)}
            if self.spec.label_names:
                arrays["labels"] = self.labels(split), labels
            for kind, (array, shape) in arrays.items():
                if array.dtype != np.uint8 or array.shape != (count, *shape):
                    path = self.directory / f"{split}_{kind}.npy"
                    wanted = f"spec.json says uint8 {(count, *shape)}"
                    raise ValueError(f"{path}: got {array.dtype} {array.shape}, {wanted}; {files.RESTORE}")


def _shards(index: Path, split: str) -> list[Path]:
    """Return the files of a split that an index lists."""
    listed = files.read_record(index, split)[split]
    try:
        if paths := [index.parent / PurePath(shard["file"]).name for shard in listed]:
            return paths
        raise ValueError
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"{index}: {split} does not list files; {files.RESTORE}") from None
