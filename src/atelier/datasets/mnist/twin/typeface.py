"""The shapes of printed digits: glyphs of Pillow's default font as discs, which are drawn like pen strokes."""

from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_SIZE = 96
_DISCS = 120


@cache
def glyph(digit: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a digit of height 1 as a union of discs.

    Returns:
        Centres, shape ``(discs, 2)``, with x to the right and y down; radii, shape ``(discs,)``.
    """
    font = ImageFont.load_default(size=_SIZE)
    picture = Image.new("L", (_SIZE, _SIZE + _SIZE // 3))
    ImageDraw.Draw(picture).text((_SIZE // 4, 0), str(digit), fill=255, font=font)
    ink = np.asarray(picture) > 127
    # The nearest pixel without ink touches a pixel with ink.
    edge = ~ink & (np.roll(ink, 1, 0) | np.roll(ink, -1, 0) | np.roll(ink, 1, 1) | np.roll(ink, -1, 1))
    inside, outside = np.argwhere(ink).astype(np.float64), np.argwhere(edge).astype(np.float64)
    radii = np.sqrt(_squared(inside, outside).min(axis=1)) - 0.5
    chosen = _cover(inside, radii)
    top, left = inside.min(axis=0)
    height = inside[:, 0].max() - top
    centres = (inside[chosen] - [top, left])[:, ::-1] / height
    return centres, radii[chosen] / height


def _cover(inside: np.ndarray, radii: np.ndarray) -> list[int]:
    """Choose discs greedily: the largest one whose centre is not covered yet."""
    depth = radii.copy()
    chosen: list[int] = []
    while len(chosen) < _DISCS and depth.max() > 0:
        best = int(np.argmax(depth))
        chosen.append(best)
        away = np.sqrt(_squared(inside, inside[best : best + 1])[:, 0])
        depth[away < 0.35 * radii[best] + 0.5] = 0
    return chosen


def _squared(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return ((a[:, np.newaxis] - b[np.newaxis]) ** 2).sum(axis=-1)
