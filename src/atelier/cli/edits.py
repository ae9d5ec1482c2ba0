"""What `atelier edit` does to pictures: along a concept, at random around them, or from one to another.

Keras is not imported here, so that what cannot be done is refused at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from atelier.core import seeds
from atelier.editing.sheets import strength, words

if TYPE_CHECKING:
    from atelier.editing.space import Space


class Edit(Protocol):
    """One way to edit pictures."""

    def __str__(self) -> str:
        """Describe the edit, such as ``Smiling +1``."""

    @property
    def columns(self) -> list[str]:
        """The names of the edited pictures in a row."""

    def names(self, paths: Sequence[Path]) -> list[str]:
        """Return the names of all edited pictures in a folder, without suffix, row by row."""

    def points(self, space: "Space", points: np.ndarray) -> np.ndarray:
        """Return the edited points, ``(rows, columns, dim)``, of points of pictures ``(n, dim)``."""


@dataclass(frozen=True)
class Moved:
    """Pictures moved along a concept: by its vector ``(latent_dim,)``, or, without one, by what the network is told.

    `attribute` is the index of the concept.
    """

    concept: str
    strengths: tuple[float, ...]
    attribute: int
    vector: np.ndarray | None

    def __str__(self) -> str:
        return f"{self.concept} {', '.join(strength(value) for value in self.strengths)}"

    @property
    def columns(self) -> list[str]:
        return [f"{words(self.concept)} {strength(value)}" for value in self.strengths]

    def names(self, paths: Sequence[Path]) -> list[str]:
        return _numbered(paths, [""] if len(self.strengths) == 1 else [strength(value) for value in self.strengths])

    def points(self, space: "Space", points: np.ndarray) -> np.ndarray:
        step = space.flips()[self.attribute] if self.vector is None else space.step(self.vector)
        return points[:, None] + np.array(self.strengths, np.float32)[:, None] * step


@dataclass(frozen=True)
class Varied:
    """Random variations: `noise` standard deviations of the prior are added to each latent, with seeds from `seed`."""

    noise: float
    count: int
    seed: int

    def __str__(self) -> str:
        return f"{self.count} variations each, noise {self.noise:g}, seeds {self.seed} to {self.seed + self.count - 1}"

    @property
    def columns(self) -> list[str]:
        return [f"seed {self.seed + number}" for number in range(self.count)]

    def names(self, paths: Sequence[Path]) -> list[str]:
        return _numbered(paths, [f"-seed-{self.seed + number:06}" for number in range(self.count)])

    def points(self, space: "Space", points: np.ndarray) -> np.ndarray:
        drawn = seeds.latents(range(self.seed, self.seed + self.count), space.latent_dim)
        return points[:, None] + self.noise * space.step(drawn)


@dataclass(frozen=True)
class Between:
    """From one picture to another in `count` pictures; the first and the last are those of the unedited points."""

    count: int

    def __str__(self) -> str:
        return f"{self.count} from the first to the second"

    @property
    def columns(self) -> list[str]:
        return ["0", *[""] * (self.count - 2), "1"]

    def names(self, paths: Sequence[Path]) -> list[str]:
        first, second = paths
        digits = len(str(self.count))
        return [f"{first.stem}-{second.stem}-{number:0{digits}}" for number in range(1, self.count + 1)]

    def points(self, space: "Space", points: np.ndarray) -> np.ndarray:
        return space.between(points[0], points[1], self.count)[None]


def _numbered(paths: Sequence[Path], suffixes: Sequence[str]) -> list[str]:
    return [f"{path.stem}{suffix}" for path in paths for suffix in suffixes]
