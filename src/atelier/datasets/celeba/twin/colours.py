"""Colours of skin, hair, eyes, lips and cloth, as RGB from 0 to 255."""

import colorsys
from collections.abc import Mapping

import numpy as np

Colour = tuple[float, float, float]

# From light to deep; pale skin lies outside of the range.
_SKIN: tuple[Colour, ...] = ((246, 205, 176), (236, 186, 150), (216, 160, 120), (176, 120, 84), (122, 80, 58))
_PALE: Colour = (254, 232, 222)
HAIR: dict[str, Colour] = {
    "Black_Hair": (32, 27, 31),
    "Brown_Hair": (98, 64, 42),
    "Blond_Hair": (229, 188, 108),
    "Gray_Hair": (186, 187, 193),
}
# Hair that is none of the four.
_RED: tuple[Colour, ...] = ((182, 76, 38), (206, 104, 56), (170, 48, 46))
_IRISES: tuple[Colour, ...] = (
    (92, 58, 36),
    (70, 44, 30),
    (122, 84, 44),
    (86, 116, 76),
    (74, 122, 156),
    (104, 124, 136),
)
# What is left of the hair of the bald: brows and beards.
_LEFT: Colour = (78, 56, 46)
_ASHES: Colour = (168, 166, 168)
_LIPSTICKS: tuple[Colour, ...] = ((196, 20, 44), (214, 30, 84), (176, 18, 62), (222, 46, 48))


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """`a` with a share of `b`.

    >>> mix((0, 0, 0), (100, 200, 40), 0.5)
    (50.0, 100.0, 20.0)
    """
    return (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share)


def darker(colour: Colour, share: float) -> Colour:
    """Towards a warm darkness, in which red goes last."""
    return (colour[0] * (1 - 0.8 * share), colour[1] * (1 - share), colour[2] * (1 - 0.97 * share))


def integers(colour: Colour) -> tuple[int, int, int]:
    """The nearest colour that eight bits a channel can hold."""
    r, g, b = (min(255, max(0, round(channel))) for channel in colour)
    return r, g, b


def skin(traits: Mapping[str, bool], rng: np.random.Generator) -> Colour:
    """A tone from a continuous range, or a pale one."""
    depth, undertone = float(rng.beta(1.0, 1.6)) * (len(_SKIN) - 1.001), float(rng.normal(-0.5, 1.8))
    red, green, blue = mix(_SKIN[int(depth)], _SKIN[int(depth) + 1], depth % 1)
    if traits["Pale_Skin"]:
        red, green, blue = _PALE
    return red, green + undertone, blue - undertone


def hair(traits: Mapping[str, bool], rng: np.random.Generator) -> Colour:
    """The colour that the traits name, varied; a red where they name none; age takes some of the colour away."""
    lightness, warmth, pick = float(rng.normal(1, 0.08)), float(rng.normal(0, 3)), int(rng.integers(len(_RED)))
    named = [colour for name, colour in HAIR.items() if traits[name]]
    red, green, blue = named[0] if named else _LEFT if traits["Bald"] else _RED[pick]
    colour = red * lightness + warmth, green * lightness, blue * lightness - warmth
    return colour if traits["Young"] or traits["Gray_Hair"] else mix(colour, _ASHES, 0.14)


def iris(tone: Colour, rng: np.random.Generator) -> Colour:
    """Brown, hazel, green, blue or grey; seldom other than brown where the skin is deep."""
    brown = 0.46 if tone[0] > 200 else 0.9
    shares = np.array((0.56, 0.44, 0, 0, 0, 0)) * brown + np.array((0, 0, 0.26, 0.24, 0.31, 0.19)) * (1 - brown)
    pick = rng.choice(len(_IRISES), p=shares)
    return mix(_IRISES[pick], (60, 60, 60), float(rng.uniform(0, 0.25)))


def lips(traits: Mapping[str, bool], tone: Colour, rng: np.random.Generator) -> Colour:
    """A strong red for lipstick, otherwise a little redder than the skin."""
    pick, share = int(rng.integers(len(_LIPSTICKS))), float(rng.uniform(0, 0.12))
    natural = (tone[0] * 0.9, tone[1] * 0.66, tone[2] * 0.69)
    return mix(_LIPSTICKS[pick], natural, share) if traits["Wearing_Lipstick"] else mix(natural, tone, 0.06 + share)


def cloth(rng: np.random.Generator) -> Colour:
    """Any hue, from muted to strong."""
    return hue(float(rng.random()), float(rng.uniform(0.15, 0.75)), float(rng.uniform(60, 225)))


def hue(turn: float, saturation: float, value: float) -> Colour:
    """A colour by its hue in turns, its saturation in 0…1 and its brightest channel.

    >>> hue(0.0, 1.0, 200.0)
    (200.0, 0.0, 0.0)
    """
    # The conversion is linear in the value, so that it may be on any scale.
    return colorsys.hsv_to_rgb(turn % 1, saturation, value)
