"""Read and write concept vectors: one direction of the latent space for each attribute and each kind of vector.

This module does not import Keras, so that a command can refuse a concept before it loads a network.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from atelier.core import files, similar

# Kinds of vectors, in the order of the first axis: the method, and whether other attributes are held fixed.
KINDS = (("means", False), ("means", True), ("linear", False), ("linear", True))
FILE, DESCRIPTION = "concepts.npy", "concepts.json"


@dataclass(frozen=True)
class Concepts:
    """The concept vectors of a run.

    Attributes:
        vectors: float32 ``(kinds, attributes, latent_dim)``, kinds as in `KINDS`. Strength 1 adds a vector once;
            its length is the distance between the means of training images with and without the attribute.
        shares: share of the training images that have each attribute, float32 ``(attributes,)``.
        default: index of the kind that the run's metrics use.
    """

    names: tuple[str, ...]
    vectors: np.ndarray
    shares: np.ndarray
    default: int

    def vector(self, concept: str, method: str | None = None, orthogonal: bool | None = None) -> np.ndarray:
        """Return the vector of a concept, float32 ``(latent_dim,)``; None selects the default kind."""
        if concept not in self.names:
            hint = similar.suggestion(concept, self.names)
            raise ValueError(f"no concept {concept!r}; known are: {', '.join(self.names)}{hint}")
        default_method, default_orthogonal = KINDS[self.default]
        kind = (method or default_method, default_orthogonal if orthogonal is None else orthogonal)
        return np.asarray(self.vectors[KINDS.index(kind), self.names.index(concept)])

    def write(self, directory: Path) -> None:
        """Write `concepts.npy` and `concepts.json`; equal vectors give equal bytes."""
        files.write_array(directory / FILE, self.vectors.astype(np.float32))
        shares = dict(zip(self.names, self.shares.astype(float).tolist(), strict=True))
        kinds = [kind_name(*kind) for kind in KINDS]
        description = {"names": self.names, "kinds": kinds, "shares": shares, "default": self.default}
        files.write_json(directory / DESCRIPTION, description)

    @classmethod
    def read(cls, directory: Path) -> "Concepts":
        """Read what `write` wrote; raises FileNotFoundError if one of the two files is missing."""
        for name in (FILE, DESCRIPTION):
            if not (directory / name).is_file():
                raise FileNotFoundError(f"{directory / name} is missing: compute the concept vectors first")
        path = directory / DESCRIPTION
        description = files.read_record(path, "names", "shares", "default")
        vectors = files.read_array(directory / FILE, 3, "f", mapped=False)
        try:
            names, default = tuple(map(str, description["names"])), KINDS.index(KINDS[description["default"]])
            shares = np.array([description["shares"][name] for name in names], np.float32)
        except (KeyError, TypeError, ValueError, IndexError, OverflowError):
            raise ValueError(f"{path}: not a description of concepts; {files.RESTORE}") from None
        if vectors.shape[:2] != (len(KINDS), len(names)):
            raise ValueError(f"{directory / FILE}: not the vectors of {path}; {files.RESTORE}")
        return cls(names, vectors, shares, default)


def kind_name(method: str, orthogonal: bool) -> str:
    """Name a kind for tables and captions.

    >>> kind_name("means", True)
    'means, orthogonal'
    """
    return f"{method}, {'orthogonal' if orthogonal else 'raw'}"
