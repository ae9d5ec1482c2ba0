"""Draw the properties that the parts of a portrait share: colours, outline of the head, light, style of the hair."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from atelier.datasets.celeba.twin import colours
from atelier.datasets.celeba.twin.canvas import closed, mirrored
from atelier.datasets.celeba.twin.colours import Colour, darker


@dataclass(frozen=True)
class Look:
    """The look of a person."""

    traits: Mapping[str, bool]  # the attributes, by name
    tone: Colour  # of the skin
    hair: Colour
    lips: Colour
    head: np.ndarray  # outline of skull, cheeks and chin, (n, 2)
    jaw: np.ndarray  # right half of the outline from the ear to the chin, (5, 2)
    light: tuple[float, float]  # direction and strength: a vector of length 1 or less
    style: str  # of the hair: short, long, bob or bun; unused for a bald head

    def shadow(self, share: float) -> Colour:
        """Return the colour of the skin in shadow."""
        return darker(self.tone, share)

    @property
    def brows(self) -> Colour:
        """The colour of brows and beards, which are darker than the hair."""
        return colours.mix(self.hair, (52, 36, 30), 0.42 if self.traits["Young"] else 0.3)


def look(traits: Mapping[str, bool], rng: np.random.Generator) -> Look:
    """Draw the look of a person; the attributes do not change which random numbers are drawn."""
    tone = colours.skin(traits, rng)
    hair = colours.hair(traits, rng)
    lips = colours.lips(traits, tone, rng)
    right = _right_half(traits, rng)
    angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0.35, 1)
    light = (float(np.cos(angle) * strength), float(-0.35 + 0.4 * np.sin(angle)))
    pick = rng.random()
    long = "long" if pick < 0.66 else "bob" if pick < 0.9 else "bun"
    style = "short" if traits["Male"] else long
    return Look(traits, tone, hair, lips, closed(mirrored(right)), right[4:], light, style)


def _right_half(traits: Mapping[str, bool], rng: np.random.Generator) -> np.ndarray:
    male = traits["Male"]
    half = np.array([(0, -67), (26, -61), (44, -40), (50, -12), (50, 12), (47, 32), (37, 54), (19, 71), (0, 76)], float)
    if male:
        half[4:] += [(0.5, 0), (1.5, 1), (5, 2.5), (5.5, 2), (0, 2.5)]
    else:
        half[4:] += [(-1, 0), (-1.5, 0), (-2, -1), (-4, -1), (0, -1)]
    if traits["Oval_Face"]:
        half[4:8, 0] -= (1, 2.5, 4, 2)
        half[-2:, 1] += 2
    if traits["Chubby"]:
        half[4:8, 0] += (3, 6, 6, 2.5)
    if traits["Smiling"]:
        half[5, 0] += 1.2
    if not traits["Young"]:
        half[5:7] += [(-1.2, 0), (1.8, 1.5)]
    half[:, 0] *= rng.normal(1, 0.03)
    half[4:, 1] *= rng.normal(1, 0.02)
    half[1:-1] += rng.normal(0, 0.7, (7, 2))
    return half
