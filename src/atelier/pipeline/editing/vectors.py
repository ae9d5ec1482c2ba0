"""Concept vectors on disk: one direction of the latent space for each attribute and each way of finding it.

It loads no network and no Keras, so that a command can refuse a concept before it loads them.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from atelier.core import files

# The ways of finding a vector, in the order of the first axis: the method, and whether the other attributes hold still.
KINDS = (("means", False), ("means", True), ("linear", False), ("linear", True))
FILE = "concepts.npz"


@dataclass(frozen=True)
class Concepts:
    """What adding an attribute means in a latent space.

    Attributes:
        names: of the attributes.
        vectors: float32 ``(kinds, attributes, latent_dim)``, kinds as in `KINDS`. Strength 1 adds a vector once,
            which is as long as the means of the train images with and without the attribute lie apart.
        shares: share of the train images that have each attribute, float32 ``(attributes,)``.
        default: index of the kind that the run's numbers use.
    """

    names: tuple[str, ...]
    vectors: np.ndarray
    shares: np.ndarray
    default: int

    def vector(self, concept: str, method: str | None = None, orthogonal: bool | None = None) -> np.ndarray:
        """The vector of a concept, float32 ``(latent_dim,)``; of the default kind where it is not said.

        Raises:
            ValueError: there is no such concept; the message lists those that there are.
        """
        if concept not in self.names:
            raise ValueError(f"no concept {concept!r}; known are: {', '.join(self.names)}")
        usual_method, usually_orthogonal = KINDS[self.default]
        kind = (method or usual_method, usually_orthogonal if orthogonal is None else orthogonal)
        return np.asarray(self.vectors[KINDS.index(kind), self.names.index(concept)])

    def write(self, directory: Path) -> None:
        """Write `concepts.npz`; equal vectors are equal bytes, since NumPy dates each member 1980."""
        with files.atomic(directory / FILE) as temporary, temporary.open("wb") as stream:
            np.savez(
                stream,
                names=np.array(self.names),
                kinds=np.array([kind_name(*kind) for kind in KINDS]),
                vectors=self.vectors.astype(np.float32),
                shares=self.shares.astype(np.float32),
                default=np.array(self.default),
            )

    @classmethod
    def read(cls, directory: Path) -> "Concepts":
        """Read what `write` wrote.

        Raises:
            FileNotFoundError: there is no `concepts.npz`.
        """
        path = directory / FILE
        if not path.is_file():
            raise FileNotFoundError(f"{path} is missing: no concept vectors have been computed there yet")
        with np.load(path, allow_pickle=False) as arrays:
            names = tuple(arrays["names"].tolist())
            return cls(names, arrays["vectors"], arrays["shares"], int(arrays["default"]))


def kind_name(method: str, orthogonal: bool) -> str:
    """How tables and captions call a kind.

    >>> kind_name("means", True)
    'means, orthogonal'
    """
    return f"{method}, {'orthogonal' if orthogonal else 'raw'}"
