"""Beards, goatees, sideburns and mustaches."""

import numpy as np

from atelier.datasets.celeba.twin.canvas import Canvas, closed, open_
from atelier.datasets.celeba.twin.colours import darker, mix
from atelier.datasets.celeba.twin.look import Look


def paint(canvas: Canvas, look: Look, rng: np.random.Generator) -> None:
    """Paint beard and mustache; the mouth is painted over them."""
    fringe, depth = rng.normal(0, 0.8, 9), rng.uniform(1.5, 4.5)
    thick, hang = rng.uniform(0.88, 1.04), rng.normal(0, 1.2)
    traits = look.traits
    colour = (122, 120, 122) if traits["Gray_Hair"] else mix(look.brows, (44, 32, 28), 0.3)
    if not traits["No_Beard"]:
        outline = _goatee(look, depth) if traits["Goatee"] else _full(look, depth, fringe)
        canvas.soft(outline, colour, 0.9, 1.0)
        # Texture: short lighter lines from the edge inwards.
        tint = darker(look.tone, 0.6) if traits["Black_Hair"] else mix(colour, look.tone, 0.3)
        for x, y in outline[outline[:, 1] > 46][::3].tolist():
            canvas.soft([(x * 0.97, y - 1), (x * 0.9, y - 6)], tint, 0.16, 0, 0.9)
    if traits["Mustache"]:
        tips = -4.0 if traits["Smiling"] else hang
        half = np.array([(0, 30.5), (7, 29), (17, 31), (26, 38), (29, 45), (19, 42), (9, 40), (0, 39)]) * (thick, 1)
        half[3:6, 1] += (0.5 * tips, tips, 0.5 * tips)
        for side in (-1, 1):
            canvas.soft(closed(half * [side, 1]), mix(colour, (30, 22, 20), 0.12), 0.97, 0.5, 0, 42)
        canvas.soft([(-5, 33), (5, 33), (5, 37), (-5, 37)], mix(colour, (30, 22, 20), 0.12), 0.9, 0.5, 0, 42)


def _full(look: Look, depth: float, fringe: np.ndarray) -> np.ndarray:
    jaw = look.jaw
    start = -14.0 if look.traits["Sideburns"] else 2.0
    outer = [
        (jaw[0, 0] - 0.5, start), (jaw[0, 0], 14), (jaw[1, 0] + 1, jaw[1, 1]), (jaw[2, 0] + 0.5 * depth, jaw[2, 1]),
        (jaw[3, 0] + 0.5 * depth, jaw[3, 1] + depth), (0, jaw[4, 1] + 1.5 * depth),
    ]  # fmt: skip
    inner = [
        (0, 57), (11, 56.5), (22, 52), (29, 45 + fringe[0]), (36, 36 + fringe[1]), (42.5, 24 + fringe[2]),
        (jaw[0, 0] - 3.5, start),
    ]  # fmt: skip
    under, over = open_(outer, 4), open_(inner, 4)
    return np.concatenate([under, (under * [-1, 1])[::-1], (over * [-1, 1])[::-1], over])


def _goatee(look: Look, depth: float) -> np.ndarray:
    low = float(look.jaw[4, 1])
    half = [(0, 55), (10, 54.5), (20, 53), (25, 44), (29, 46), (27, 60), (18, low - 1), (0, low + 1.6 * depth)]
    return np.concatenate([open_(half, 4), open_([(-x, y) for x, y in half], 4)[::-1]])
