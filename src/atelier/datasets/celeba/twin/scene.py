"""The scene around the head: pose, background, and the effects of light and camera."""

from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from atelier.datasets.celeba.twin import colours
from atelier.datasets.celeba.twin.canvas import COLUMNS, HEIGHT, ROWS, WIDTH, Pose, blob

_X = ((np.arange(COLUMNS, dtype=np.float32) + 0.5) / COLUMNS)[np.newaxis]
_Y = ((np.arange(ROWS, dtype=np.float32) + 0.5) / ROWS)[:, np.newaxis]


def pose(rng: np.random.Generator) -> Pose:
    """Draw a nearly frontal pose, with the eyes at the position of CelebA's alignment."""
    yaw, pitch, roll = rng.uniform(-0.26, 0.26), rng.normal(0, 0.05), rng.normal(0, 0.035)
    scale = float(np.clip(rng.normal(0.97, 0.03), 0.88, 1.04))
    return Pose(float(yaw), float(pitch), float(roll), scale, (88.5 + rng.normal(0, 1.5), 110 + rng.normal(0, 1.5)))


def background(rng: np.random.Generator) -> np.ndarray:
    """Draw a field of colours of shape ``(ROWS, COLUMNS, 3)``: a wall, a gradient, lights out of focus, or panels."""
    turn, saturation, value = float(rng.random()), float(rng.uniform(0.05, 0.55)), float(rng.uniform(115, 250))
    first = np.array(colours.hue(turn, saturation, value), np.float32)
    near = turn + float(rng.normal(0, 0.08)), saturation * float(rng.uniform(0.5, 1.3))
    second = np.array(colours.hue(*near, value * float(rng.uniform(0.5, 1))), np.float32)
    kind = rng.choice(4, p=(0.25, 0.3, 0.25, 0.2))
    if kind == 0:
        x, y = rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.6)
        share = 1 - blob(_X, _Y, x, y, 0.7, 0.7)
    elif kind == 1:
        angle = rng.uniform(0, 2 * np.pi)
        share = 0.5 + np.cos(angle) * (_X - 0.5) + np.sin(angle) * (_Y - 0.5)
    elif kind == 2:
        share = 0.35 + 0.4 * _Y + 0 * _X
    else:
        edges, width = rng.uniform(-0.1, 1.1, 4), rng.uniform(0.015, 0.04)
        heights = rng.uniform(-1, 1, 4)
        share = 0.4 + 0.25 * sum(h * np.tanh((_X - e) / width) for h, e in zip(heights, edges, strict=True)) + 0 * _Y
    field = first + (second - first) * np.clip(share, 0, 1)[..., np.newaxis]
    return _bokeh(field, turn, value, rng) if kind == 2 else field


def _bokeh(field: np.ndarray, turn: float, value: float, rng: np.random.Generator) -> np.ndarray:
    """Add lights out of focus: discs with soft edges."""
    for _ in range(int(rng.integers(5, 11))):
        x, y, radius = rng.uniform(-0.05, 1.05), rng.uniform(-0.05, 0.9), rng.uniform(0.05, 0.13)
        near, saturation = turn + float(rng.normal(0, 0.12)), float(rng.uniform(0.1, 0.5))
        colour = colours.hue(near, saturation, min(255, value * 1.35 + 20))
        distance = np.sqrt((_X - x) ** 2 + (1.22 * (_Y - y)) ** 2)
        disc = rng.uniform(0.2, 0.6) * np.clip((radius - distance) / 0.03 + 0.5, 0, 1)
        field = field + (np.array(colour, np.float32) - field) * disc[..., np.newaxis]
    return field


def develop(
    picture: Image.Image, light: tuple[float, float], traits: Mapping[str, bool], rng: np.random.Generator
) -> Image.Image:
    """Apply exposure, colour temperature and a gradient of light, and blur if `Blurry`."""
    exposure, warmth, fall = rng.normal(1.06, 0.035), rng.normal(0.012, 0.018), rng.uniform(0.05, 0.16)
    vignette, soft = rng.uniform(0.0, 0.18), rng.uniform(1.1, 1.7)
    across = light[0] * (_X - 0.5) + light[1] * (_Y - 0.5)
    shade = 1 + fall * (2 * across - 1) - vignette * ((_X - 0.5) ** 2 + (_Y - 0.5) ** 2)
    tint = np.array([1 + warmth, 1, 1 - warmth]) * exposure * (1 + 0.7 * fall)
    brightest = max(1.0, float(tint.max()))
    cover = Image.fromarray((np.clip(shade[..., np.newaxis] * (tint / brightest), 0, 1) * 255).astype(np.uint8))
    level = np.arange(256) / 255
    # Brighten with soft saturation; the table is the same for the three channels.
    bright = brightest * level / (1 + (brightest - 1) * level)
    picture = picture.point(np.rint(255 * bright).astype(int).tolist() * 3)
    picture = ImageChops.multiply(picture, cover.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR))
    return picture.filter(ImageFilter.GaussianBlur(soft)) if traits["Blurry"] else picture
