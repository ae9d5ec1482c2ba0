"""Bags: a body between a box and a pouch, with handles, a strap, a grip or none."""

import numpy as np

from atelier.datasets.fashion_mnist.twin import fabric
from atelier.datasets.fashion_mnist.twin.canvas import Canvas, mirrored

_PRINTS = {"plain": 12, "flowers": 1, "check": 0.6, "hoops": 0.6, "blocks": 1.2, "dots": 0.4, "faded": 1}
_CARRIED = {"handles": 4, "strap": 2, "none": 3, "grip": 2}


def paint(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint a tote, a satchel, a clutch, a shoulder bag, or something between."""
    base = fabric.tone(rng)
    cloth = fabric.cloth(rng, base, _PRINTS, round_by=0.3)
    carried = fabric.pick(rng, _CARRIED)
    rise = {"handles": (0.18, 0.34), "strap": (0.3, 0.5), "none": (0.0, 0.0), "grip": (0.07, 0.13)}[carried]
    handle = rng.uniform(*rise)
    tall = rng.uniform(0.36, 0.62) if carried != "none" else rng.uniform(0.42, 0.86)
    tall = min(tall, 0.94 - handle)
    top = 0.5 - (tall + handle) / 2 + handle
    upper, lower = rng.uniform(0.32, 0.47), rng.uniform(0.36, 0.48)
    if carried != "none":
        reach = {"handles": (0.12, 0.22), "strap": (0.25, upper), "grip": (0.07, 0.14)}[carried]
        half, width = rng.uniform(*reach), rng.uniform(0.025, 0.05)
        square = rng.uniform(0.55, 1)
        if carried == "handles":
            canvas.line(_arch(half * 0.92, top + 0.03, handle * 0.9, square, 0.5 + 0.03), width, 0.75 * base)
        canvas.line(_arch(half, top + 0.05, handle + 0.03, square, 0.5), width, base)
    body = _pouch(upper, lower, top, tall, rng.uniform(0.12, 0.55))
    canvas.fill(body, cloth)
    canvas.line(np.concatenate([body, body[:1]]), 0.02, 0.62 * base, rng.uniform(0.1, 0.7))
    _front(canvas, rng, base, cloth, (upper, top, tall))


def _arch(half: float, foot: float, rise: float, square: float, middle: float) -> np.ndarray:
    angle = np.linspace(np.pi, 0, 25)
    x = middle + half * np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** square
    return np.stack([x, foot - rise * np.sin(angle) ** square], axis=1)


def _pouch(upper: float, lower: float, top: float, tall: float, roundness: float) -> np.ndarray:
    """Return a superellipse whose width changes from `upper` to `lower`; roundness 0 is a box, 1 an ellipse."""
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    across = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** roundness
    down = (1 + np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** roundness) / 2
    return np.stack([0.5 + across * (upper + (lower - upper) * down), top + tall * down], axis=1)


def _front(
    canvas: Canvas, rng: np.random.Generator, base: float, cloth: np.ndarray, size: tuple[float, float, float]
) -> None:
    upper, top, tall = size
    seam, style = 0.62 * base, fabric.pick(rng, {"flap": 3, "zip": 3, "panel": 2, "bare": 2})
    if style == "flap":
        drop, dip = top + tall * rng.uniform(0.3, 0.65), rng.uniform(0, 0.12)
        low = drop - dip
        rim = [
            (0.5 + upper, top),
            (0.5 + 0.95 * upper, low),
            (0.5, drop),
            (0.5 - 0.95 * upper, low),
            (0.5 - upper, top),
        ]
        canvas.fill(rim, np.minimum(1, cloth * rng.uniform(0.8, 1.2)), 0.9)
        canvas.line(rim[1:4], 0.022, seam, 0.9)
        clasp = rng.uniform(0.02, 0.05)
        canvas.fill(mirrored([(clasp, drop - clasp), (clasp, drop + clasp)]), fabric.contrast(rng, base))
    elif style == "zip":
        y = top + tall * rng.uniform(0.1, 0.3)
        canvas.line([(0.5 - 0.9 * upper, y), (0.5 + 0.9 * upper, y)], rng.uniform(0.015, 0.03), seam)
    elif style == "panel":
        for side in (-1, 1):
            x = 0.5 + side * rng.uniform(0.4, 0.6) * upper
            canvas.line([(x, top), (x, top + tall)], rng.uniform(0.02, 0.04), seam, 0.8)
