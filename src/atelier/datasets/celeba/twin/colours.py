"""Colours of skin, hair, eyes, lips and cloth, as RGB from 0 to 255."""

import colorsys
from collections.abc import Mapping

import numpy as np

Colour = tuple[float, float, float]

# From light to dark; pale skin is outside of this range.
_SKIN: tuple[Colour, ...] = ((246, 205, 176), (236, 186, 150), (216, 160, 120), (176, 120, 84), (122, 80, 58))
_PALE: Colour = (254, 232, 222)
HAIR: dict[str, Colour] = {
    "Black_Hair": (32, 27, 31),
    "Brown_Hair": (98, 64, 42),
    "Blond_Hair": (229, 188, 108),
    "Gray_Hair": (186, 187, 193),
}
# Hair of none of the four colours.
_RED: tuple[Colour, ...] = ((182, 76, 38), (206, 104, 56), (170, 48, 46))
# Two browns, hazel, green, blue, grey.
_IRISES: tuple[Colour, ...] = (
    *((92, 58, 36), (70, 44, 30), (122, 84, 44), (86, 116, 76), (74, 122, 156), (104, 124, 136)),
)
_BALD: Colour = (78, 56, 46)  # brows and beards of the bald
_ASHES: Colour = (168, 166, 168)
_LIPSTICKS: tuple[Colour, ...] = ((196, 20, 44), (214, 30, 84), (176, 18, 62), (222, 46, 48))


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """Mix `a` with a share of `b`.

    >>> mix((0, 0, 0), (100, 200, 40), 0.5)
    (50.0, 100.0, 20.0)
    """
    return (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share)


def darker(colour: Colour, share: float) -> Colour:
    """Darken a colour, the red channel less than the others."""
    return (colour[0] * (1 - 0.8 * share), colour[1] * (1 - share), colour[2] * (1 - 0.97 * share))


def integers(colour: Colour) -> tuple[int, int, int]:
    """Round a colour to 8 bits per channel."""
    r, g, b = (min(255, max(0, round(channel))) for channel in colour)
    return r, g, b


def skin(traits: Mapping[str, bool], rng: np.random.Generator) -> Colour:
    """Draw a skin tone from a continuous range, or return the pale one."""
    depth, undertone = float(rng.beta(1.0, 1.6)) * (len(_SKIN) - 1.001), float(rng.normal(-0.5, 1.8))
    red, green, blue = mix(_SKIN[int(depth)], _SKIN[int(depth) + 1], depth % 1)
    if traits["Pale_Skin"]:
        red, green, blue = _PALE
    return red, green + undertone, blue - undertone


def hair(traits: Mapping[str, bool], rng: np.random.Generator) -> Colour:
    """Draw a variation of the hair colour in `traits`, or a red if there is none; age desaturates it."""
    lightness, warmth, pick = float(rng.normal(1, 0.08)), float(rng.normal(0, 3)), int(rng.integers(len(_RED)))
    named = [colour for name, colour in HAIR.items() if traits[name]]
    red, green, blue = named[0] if named else _BALD if traits["Bald"] else _RED[pick]
    colour = red * lightness + warmth, green * lightness, blue * lightness - warmth
    return colour if traits["Young"] or traits["Gray_Hair"] else mix(colour, _ASHES, 0.14)


def iris(tone: Colour, rng: np.random.Generator) -> Colour:
    """Draw an eye colour: brown, hazel, green, blue or grey; mostly brown with dark skin."""
    brown = 0.46 if tone[0] > 200 else 0.9
    shares = np.array((0.56, 0.44, 0, 0, 0, 0)) * brown + np.array((0, 0, 0.26, 0.24, 0.31, 0.19)) * (1 - brown)
    pick = rng.choice(len(_IRISES), p=shares)
    return mix(_IRISES[pick], (60, 60, 60), float(rng.uniform(0, 0.25)))


def lips(traits: Mapping[str, bool], tone: Colour, rng: np.random.Generator) -> Colour:
    """Draw the colour of the lips: strong red with lipstick, else slightly redder than the skin."""
    pick, share = int(rng.integers(len(_LIPSTICKS))), float(rng.uniform(0, 0.12))
    natural = (tone[0] * 0.9, tone[1] * 0.66, tone[2] * 0.69)
    return mix(_LIPSTICKS[pick], natural, share) if traits["Wearing_Lipstick"] else mix(natural, tone, 0.06 + share)


def cloth(rng: np.random.Generator) -> Colour:
    """Draw a colour of any hue, from muted to strong."""
    return hue(float(rng.random()), float(rng.uniform(0.15, 0.75)), float(rng.uniform(60, 225)))


def hue(turn: float, saturation: float, value: float) -> Colour:
    """Convert a hue in turns, a saturation in 0…1 and the value of the brightest channel to a colour.

    >>> hue(0.0, 1.0, 200.0)
    (200.0, 0.0, 0.0)
    """
    # The conversion is linear in the value, hence any scale works.
    return colorsys.hsv_to_rgb(turn % 1, saturation, value)
