"""A canvas for grey drawings: outlines are filled at a higher resolution and reduced to 28×28 pixels."""

import math

import numpy as np
from PIL import Image, ImageDraw

from atelier.datasets.drawing.splines import Points
from atelier.datasets.drawing.warp import Map

SIZE = 28
_FIELD = 2 * SIZE
_FINE = 4 * SIZE

# Centres of the field's cells in the unit square, x to the right and y downwards; both of shape (1 or 56, 56 or 1).
X = ((np.arange(_FIELD) + 0.5) / _FIELD)[np.newaxis, :]
Y = ((np.arange(_FIELD) + 0.5) / _FIELD)[:, np.newaxis]

Tone = float | np.ndarray


class Canvas:
    """A black square with corners (0, 0) and (1, 1), painted in tones from 0 to 1.

    Args:
        pose: a map of the plane, applied to everything that is painted.
    """

    def __init__(self, pose: Map) -> None:
        self._pose = pose
        self._tones = np.zeros((_FIELD, _FIELD))

    def fill(self, outline: Points, tone: Tone, strength: float = 1.0) -> None:
        """Fill a closed polygon with a tone, or with a field of tones of shape ``(56, 56)``."""
        self._paint(outline, 0.0, tone, strength)

    def line(self, path: Points, width: float, tone: Tone, strength: float = 1.0) -> None:
        """Draw along an open path; the width is in units of the canvas."""
        self._paint(path, width, tone, strength)

    def pixels(self) -> np.ndarray:
        """Return the picture, uint8 of shape ``(28, 28)``."""
        small = self._tones.reshape(SIZE, 2, SIZE, 2).mean(axis=(1, 3))
        return np.rint(255 * np.clip(small, 0, 1)).astype(np.uint8)

    def _paint(self, points: Points, width: float, tone: Tone, strength: float) -> None:
        """Paint a line of this width, or for width 0 the area inside; compute only the cells that it touches."""
        places = self._pose(np.asarray(points, dtype=np.float64))
        left, top = (max(0, math.floor((edge - width) * _FIELD)) for edge in places.min(axis=0).tolist())
        right, bottom = (min(_FIELD, math.ceil((edge + width) * _FIELD) + 1) for edge in places.max(axis=0).tolist())
        if left >= right or top >= bottom:
            return
        sheet = Image.new("L", (2 * (right - left), 2 * (bottom - top)))
        # In Pillow, the centres of pixels are integers.
        corners = [(x, y) for x, y in (places * _FINE - (2 * left + 0.5, 2 * top + 0.5)).tolist()]
        if width > 0:
            ImageDraw.Draw(sheet).line(corners, fill=255, width=max(1, round(width * _FINE)), joint="curve")
        else:
            ImageDraw.Draw(sheet).polygon(corners, fill=255)
        share = np.asarray(sheet.reduce(2), dtype=np.float64) * (strength / 255)
        cells = slice(top, bottom), slice(left, right)
        if isinstance(tone, np.ndarray):
            tone = tone[cells]
        self._tones[cells] += share * (tone - self._tones[cells])


def mirrored(half: Points) -> np.ndarray:
    """Complete an outline from its right half: points (distance from x = 0.5, height) from top to bottom.

    >>> mirrored([(0.1, 0.0), (0.25, 1.0)]).tolist()
    [[0.6, 0.0], [0.75, 1.0], [0.25, 1.0], [0.4, 0.0]]
    """
    right = np.asarray(half, dtype=np.float64)
    return np.concatenate([right * [1, 1] + [0.5, 0], (right * [-1, 1] + [0.5, 0])[::-1]])
