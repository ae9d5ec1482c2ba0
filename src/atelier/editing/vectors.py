"""Concept vectors on disk: one direction of the latent space for each attribute and each way of finding it.

It loads no network and no Keras, so that a command can refuse a concept before it loads them.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from atelier.core import files

# The ways of finding a vector, in the order of the first axis: the method, and whether the other attributes hold still.
KINDS = (("means", False), ("means", True), ("linear", False), ("linear", True))
FILE, DESCRIPTION = "concepts.npy", "concepts.json"


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
        """Write `concepts.npy` and `concepts.json`; equal vectors are equal bytes.

        (A zip of arrays would not be: its header differs between two releases of Python.)
        """
        files.write_array(directory / FILE, self.vectors.astype(np.float32))
        shares = dict(zip(self.names, self.shares.astype(float).tolist(), strict=True))
        kinds = [kind_name(*kind) for kind in KINDS]
        description = {"names": self.names, "kinds": kinds, "shares": shares, "default": self.default}
        files.write_json(directory / DESCRIPTION, description)

    @classmethod
    def read(cls, directory: Path) -> "Concepts":
        """Read what `write` wrote.

        Raises:
            FileNotFoundError: one of the two files is missing.
        """
        for name in (FILE, DESCRIPTION):
            if not (directory / name).is_file():
                raise FileNotFoundError(
                    f"{directory / name} is missing: no concept vectors have been computed there yet"
                )
        description = files.read_json(directory / DESCRIPTION)
        names = tuple(description["names"])
        shares = np.array([description["shares"][name] for name in names], np.float32)
        return cls(names, np.load(directory / FILE, allow_pickle=False), shares, description["default"])


def kind_name(method: str, orthogonal: bool) -> str:
    """How tables and captions call a kind.

    >>> kind_name("means", True)
    'means, orthogonal'
    """
    return f"{method}, {'orthogonal' if orthogonal else 'raw'}"
