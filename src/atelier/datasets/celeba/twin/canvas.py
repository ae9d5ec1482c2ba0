"""A canvas for portraits: outlines in the plane of the face are posed, filled at double resolution, and reduced.

Coordinates of a face are pixels of the final picture; the origin is between the eyes, x points right and y down.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from atelier.datasets.celeba.twin.colours import Colour, integers
from atelier.datasets.drawing import splines
from atelier.datasets.drawing.splines import Points

WIDTH, HEIGHT = 178, 218
# Cells of a field of colours, which is smooth enough for cells of three pixels.
ROWS, COLUMNS = 73, 60
_FINE = 2
_EYES = 30.0  # depth of the eyes
_HALF_WIDTH = 58.0  # of the face
_CRISP = 0.6  # a smaller blur is invisible


@dataclass(frozen=True)
class Pose:
    """The pose of the head. Parts at different depths move by different amounts, which makes a head look turned.

    Attributes:
        yaw, pitch, roll: angles in radians; right, down and clockwise are positive.
        scale: size, 1 for the face's own pixels.
        centre: the position of the point between the eyes in the picture.
    """

    yaw: float
    pitch: float
    roll: float
    scale: float
    centre: tuple[float, float]

    @cached_property
    def _linear(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Linear maps from face coordinates and from depth to the picture, and the origin at depth 0."""
        turn = self.scale * np.array(
            [[math.cos(self.roll), math.sin(self.roll)], [-math.sin(self.roll), math.cos(self.roll)]]
        )
        deep = np.array([math.sin(self.yaw), math.sin(self.pitch)]) @ turn
        return np.array([[math.cos(self.yaw), 0], [0, 1]]) @ turn, deep, np.array(self.centre) - _EYES * deep

    def project(self, points: np.ndarray, depth: float) -> np.ndarray:
        """Project points to the picture; their depth falls from `depth` in the middle of the face to 0 at its sides."""
        plane, deep, origin = self._linear
        places = points @ plane + origin
        if depth:
            places += np.maximum(0, depth - points[:, :1] ** 2 * (depth / _HALF_WIDTH**2)) * deep
        return places

    def grid(self, depth: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the face coordinates of the cells of a field: two float32 arrays of shape ``(ROWS, COLUMNS)``."""
        x = ((np.arange(COLUMNS) + 0.5) * (WIDTH / COLUMNS) - self.centre[0]).astype(np.float32)[
            np.newaxis
        ] / self.scale
        y = ((np.arange(ROWS) + 0.5) * (HEIGHT / ROWS) - self.centre[1]).astype(np.float32)[:, np.newaxis] / self.scale
        cos, sin, relief = math.cos(self.roll), math.sin(self.roll), depth - _EYES
        u = (cos * x + sin * y - relief * math.sin(self.yaw)) / math.cos(self.yaw)
        return u, cos * y - sin * x - relief * math.sin(self.pitch)


@dataclass(frozen=True)
class Strokes:
    """Lines to draw together.

    Attributes:
        paths: shape ``(lines, points, 2)``.
        widths: in pixels of the final picture.
        colours: one per line.
    """

    paths: np.ndarray
    widths: Sequence[float]
    colours: Sequence[Colour]


class Canvas:
    """A picture to paint on.

    Args:
        pose: applied to everything that is painted.
        ground: the background, a field of colours of shape ``(ROWS, COLUMNS, 3)`` from 0 to 255.
    """

    def __init__(self, pose: Pose, ground: np.ndarray) -> None:
        self.pose = pose
        self._picture = _refined(_image(ground).resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR))
        # In this mode, a fill with an alpha value is blended with the picture.
        self._pen = ImageDraw.Draw(self._picture, "RGBA")

    def fill(self, outline: Points, colour: Colour, depth: float = 0.0) -> None:
        """Fill a closed polygon."""
        self._pen.polygon(_flat(self._places(outline, depth)), fill=integers(colour))

    def line(self, path: Points, width: float, colour: Colour, depth: float = 0.0) -> None:
        """Draw along an open path; the width is in pixels of the final picture."""
        ribbon = _ribbon(self._places(path, depth), width * self.pose.scale)
        self._pen.polygon(_flat(ribbon), fill=integers(colour))

    def dot(self, place: tuple[float, float], radius: float, colour: Colour, depth: float = 0.0) -> None:
        """Draw a disc."""
        x, y = _flat(self._places([place], depth))
        size = radius * _FINE * self.pose.scale
        self._pen.ellipse((x - size, y - size, x + size, y + size), fill=integers(colour))

    def soft(
        self, outline: Points, colour: Colour, strength: float, blur: float = 0, width: float = 0, depth: float = 0
    ) -> None:
        """Blend a colour over a polygon, or along a path of positive `width`, with edges softened by `blur`."""
        places = self._places(outline, depth)
        if width > 0:
            places = _ribbon(places, width)
        if blur < _CRISP:
            self._pen.polygon(_flat(places), fill=(*integers(colour), round(255 * strength)))
            return
        box = _box(places, 2 * blur)
        if box is None:
            return
        left, top, right, bottom = box
        sheet = Image.new("L", (right - left, bottom - top))
        ImageDraw.Draw(sheet).polygon(_flat(places - (left, top), 1), fill=round(255 * strength))
        sheet = _refined(sheet.filter(ImageFilter.GaussianBlur(0.9 * blur)))
        self._picture.paste(integers(colour), (left * _FINE, top * _FINE, right * _FINE, bottom * _FINE), sheet)

    def paint(
        self, outlines: Sequence[Points], field: np.ndarray, depth: float = 0.0, strokes: Strokes | None = None
    ) -> None:
        """Fill closed polygons with a field of colours of shape ``(ROWS, COLUMNS, 3)``, and draw `strokes` inside."""
        places = [self._places(outline, depth) for outline in outlines]
        box = _box(np.concatenate(places), 1)
        if box is None:
            return
        left, top, right, bottom = box
        across, down = COLUMNS / WIDTH, ROWS / HEIGHT
        cells = left * across, top * down, right * across, bottom * down
        layer = _refined(_image(field).resize((right - left, bottom - top), Image.Resampling.BILINEAR, box=cells))
        mask = Image.new("1", layer.size)
        for outline in places:
            ImageDraw.Draw(mask).polygon(_flat(outline - (left, top)), fill=1)
        if strokes is not None:
            lines, points, _ = strokes.paths.shape
            paths = self.pose.project(strokes.paths.reshape(-1, 2), depth) - (left, top)
            pen = ImageDraw.Draw(layer)
            for path, width, colour in zip(
                (_FINE * paths - 0.5).reshape(lines, 2 * points).tolist(), strokes.widths, strokes.colours, strict=True
            ):
                pen.line(path, integers(colour), max(1, round(width * _FINE)))
        self._picture.paste(layer, (left * _FINE, top * _FINE), mask)

    def picture(self) -> Image.Image:
        """Return the picture at its final size: RGB, 178 wide and 218 high."""
        return self._picture.reduce(_FINE)

    def _places(self, points: Points, depth: float) -> np.ndarray:
        return self.pose.project(np.asarray(points, dtype=np.float64), depth)


def closed(points: Points, per_segment: int = 6) -> np.ndarray:
    """Return a smooth closed outline through `points`: shape ``(n, 2)`` → ``(n·per_segment + 1, 2)``."""
    given = np.asarray(points, dtype=np.float64)
    around = splines.smooth(given[np.arange(-1, len(given) + 2) % len(given)], per_segment)
    return around[per_segment : -per_segment or None]


def open_(points: Points, per_segment: int = 6) -> np.ndarray:
    """Return a smooth path through `points`."""
    return splines.smooth(points, per_segment)


def mirrored(half: Points) -> np.ndarray:
    """Complete the right half of an outline, given from top to bottom, with its mirror image.

    >>> mirrored([(0.0, 0.0), (2.0, 1.0), (0.0, 2.0)]).tolist()
    [[0.0, 0.0], [2.0, 1.0], [0.0, 2.0], [-2.0, 1.0]]
    """
    right = np.asarray(half, dtype=np.float64)
    left = right[::-1] * [-1, 1]
    return np.concatenate([right, left[left[:, 0] != 0]])


def ellipse(x: float, y: float, across: float, down: float, points: int = 24) -> np.ndarray:
    """Return the outline of an ellipse with the given centre and radii."""
    turn = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return np.stack([x + across * np.cos(turn), y + down * np.sin(turn)], axis=1)


def blob(u: np.ndarray, v: np.ndarray, x: float, y: float, across: float, down: float) -> np.ndarray:
    """Evaluate a Gaussian spot: 1 at (x, y), 1/e at its radii."""
    return np.exp(-(((u - x) / across) ** 2) - ((v - y) / down) ** 2)


def _flat(places: np.ndarray, fine: int = _FINE) -> list[float]:
    """Return coordinates for Pillow, in which the centres of pixels are integers."""
    return (places * fine - 0.5).ravel().tolist()


def _refined(sheet: Image.Image) -> Image.Image:
    """Enlarge a smooth sheet by repeating pixels; the final reduction restores them."""
    return sheet.resize((sheet.width * _FINE, sheet.height * _FINE), Image.Resampling.NEAREST)


def _ribbon(path: np.ndarray, width: float) -> np.ndarray:
    """Return the outline of a line along a path."""
    along = np.empty_like(path)
    along[1:-1] = path[2:] - path[:-2]
    along[0], along[-1] = path[1] - path[0], path[-1] - path[-2]
    if len(path) > 3 and abs(path[0] - path[-1]).max() < 1e-9:
        along[0] = along[-1] = path[1] - path[-2]
    across = along[:, ::-1] * (0.5 * width / np.sqrt((along**2).sum(axis=1, keepdims=True)))
    across[:, 0] *= -1
    return np.concatenate([path + across, (path - across)[::-1]])


def _image(field: np.ndarray) -> Image.Image:
    return Image.fromarray((np.clip(field, 0, 255) + 0.5).astype(np.uint8))


def _box(places: np.ndarray, margin: float) -> tuple[int, int, int, int] | None:
    """Return the bounding box of an outline in the picture, None if it is outside."""
    left, top = (places.min(axis=0) - margin).tolist()
    right, bottom = (places.max(axis=0) + margin).tolist()
    box = (
        max(0, math.floor(left)),
        max(0, math.floor(top)),
        min(WIDTH, math.ceil(right)),
        min(HEIGHT, math.ceil(bottom)),
    )
    return box if box[0] < box[2] and box[1] < box[3] else None
