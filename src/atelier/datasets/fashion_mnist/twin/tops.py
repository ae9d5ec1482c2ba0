"""Garments with a body and optional sleeves, from the front: T-shirt, pullover, dress, coat, shirt.

One function paints all five; they differ only in the distributions of their cuts (see `cuts`).
"""

from dataclasses import dataclass

import numpy as np

from atelier.datasets.drawing import splines
from atelier.datasets.fashion_mnist.twin import fabric
from atelier.datasets.fashion_mnist.twin.canvas import Canvas, mirrored


@dataclass(frozen=True)
class Arms:
    """Sleeves: length (0 for none), angle to the body in radians, and widths at the shoulder and the cuff."""

    length: float
    angle: float
    upper: float
    cuff: float


@dataclass(frozen=True)
class Cut:
    """Measures of a garment, in units of the canvas."""

    neck: float  # half widths, from top to bottom
    shoulder: float
    chest: float
    waist: float
    hem: float
    armpit: float  # heights, from the top of the canvas downwards
    waistline: float
    length: float
    arms: Arms
    collar: str  # crew, vee, wide, point, lapel, hood, roll or stand
    opening: str  # closed, buttons, zip, open or placket
    pockets: bool = False
    band: bool = False
    motif: bool = False
    belt: bool = False


_TOP = 0.05


def paint(canvas: Canvas, rng: np.random.Generator, cut: Cut, prints: dict[str, float]) -> None:
    """Paint a garment of this cut in a random cloth."""
    base = fabric.tone(rng)
    cloth = fabric.cloth(rng, base, prints)
    seam = 0.72 * base if base > 0.4 else min(1.0, 1.5 * base + 0.05)
    shoulder_y = _TOP + rng.uniform(0.03, 0.065)
    if cut.collar == "hood":
        hood = [(0.0, 0.0), (0.1, 0.01), (cut.neck + 0.07, 0.07), (cut.neck + 0.08, 0.16), (0.0, 0.24)]
        canvas.fill(mirrored(hood), 0.85 * cloth)
    sides = (-1, 1) if cut.arms.length > 0 else ()
    for side in sides:
        _sleeve(canvas, cut, side, shoulder_y, cloth * rng.uniform(0.86, 0.98), seam)
    _body(canvas, cut, shoulder_y, cloth)
    for side in sides:
        armhole = [(cut.shoulder, shoulder_y), (cut.shoulder - 0.025, 0.2), (cut.chest - 0.005, cut.armpit)]
        canvas.line([(0.5 + side * x, y) for x, y in armhole], 0.016, seam, 0.6)
    _front(canvas, rng, cut, base, seam)
    _collar(canvas, cut, base, cloth, seam)


def _body(canvas: Canvas, cut: Cut, shoulder_y: float, cloth: np.ndarray) -> None:
    sides = np.array([(cut.chest, cut.armpit), (cut.waist, cut.waistline), (cut.hem, cut.length)])
    top = [(cut.neck, _TOP), (cut.shoulder, shoulder_y)]
    if cut.arms.length == 0:
        top.append((min(cut.shoulder, cut.chest) - 0.015, (shoulder_y + cut.armpit) / 2))
    canvas.fill(mirrored(np.concatenate([top, splines.smooth(sides), [(0.0, cut.length + 0.012)]])), cloth)


def _sleeve(canvas: Canvas, cut: Cut, side: int, shoulder_y: float, cloth: np.ndarray, seam: float) -> None:
    arms = cut.arms
    along, out = np.array([np.sin(arms.angle), np.cos(arms.angle)]), np.array([np.cos(arms.angle), -np.sin(arms.angle)])
    tip, pit = np.array([cut.shoulder, shoulder_y]), np.array([cut.chest - 0.01, cut.armpit])
    start = tip + along * 0.05 - out * arms.upper / 2
    end = start + along * (arms.length - 0.05)
    elbow = (start + end) / 2 + out * 0.012
    width = (arms.upper + arms.cuff) / 2
    outer = splines.smooth(np.stack([tip, elbow + out * width / 2, end + out * arms.cuff / 2]))
    inner = splines.smooth(np.stack([end - out * arms.cuff / 2, elbow - out * width / 2, pit]))
    root = np.array([[cut.shoulder - 0.06, cut.armpit], [cut.shoulder - 0.08, shoulder_y - 0.01]])
    flip, middle = np.array([side, 1]), np.array([0.5, 0])
    canvas.fill(np.concatenate([outer, inner, root]) * flip + middle, cloth)
    hem = np.stack([end + out * arms.cuff / 2, end - out * arms.cuff / 2]) - along * (0.045 if cut.band else 0.03)
    canvas.line(hem * flip + middle, 0.016, seam, 0.6)


def _front(canvas: Canvas, rng: np.random.Generator, cut: Cut, base: float, seam: float) -> None:
    middle, start = 0.5 + rng.uniform(-0.008, 0.008), _TOP + 0.04
    if cut.belt:
        canvas.line([(0.5 - cut.waist, cut.waistline), (0.5 + cut.waist, cut.waistline)], 0.03, seam, 0.85)
    if cut.band:
        low, wide = cut.length - 0.06, cut.hem
        canvas.line([(0.5 - wide, low), (0.5 + wide, low)], 0.018, seam, 0.7)
    if cut.motif:
        wide, high, top = rng.uniform(0.05, 0.15), rng.uniform(0.03, 0.16), rng.uniform(0.24, 0.36)
        box = [(0.5 - wide, top), (0.5 + wide, top), (0.5 + wide, top + high), (0.5 - wide, top + high)]
        canvas.fill(box, fabric.contrast(rng, base), rng.uniform(0.5, 1))
    if cut.opening in ("buttons", "placket"):
        end = cut.length if cut.opening == "buttons" else rng.uniform(0.25, 0.4)
        canvas.line([(middle, start), (middle, end)], 0.014, seam, 0.6)
        for y in np.arange(start + 0.06, end - 0.02, rng.uniform(0.1, 0.16)):
            canvas.line([(middle - 0.008, y), (middle + 0.008, y)], 0.022, 0.35 if base > 0.5 else 0.85)
    elif cut.opening == "zip":
        canvas.line([(middle, start), (middle, cut.length)], 0.024, seam, 0.95)
    elif cut.opening == "open":
        gap = rng.uniform(0.015, 0.07)
        canvas.fill([(0.5, start), (0.5 + gap, cut.length + 0.02), (0.5 - gap, cut.length + 0.02)], 0.06 + 0.3 * seam)
    if cut.pockets:
        height, reach = rng.uniform(0.6, 0.76), rng.uniform(0.05, 0.09)
        for side in (-1, 1):
            x = 0.5 + side * rng.uniform(0.11, 0.14)
            canvas.line([(x - side * reach / 2, height), (x + side * reach / 2, height + 0.03)], 0.018, seam, 0.9)


def _collar(canvas: Canvas, cut: Cut, base: float, cloth: np.ndarray, seam: float) -> None:
    neck, hole = cut.neck, 0.28 * base
    depth = {"crew": 0.04, "vee": 0.17, "wide": 0.085, "point": 0.05, "lapel": 0.27}.get(cut.collar, 0.03)
    if cut.collar == "roll":
        canvas.fill(mirrored([(neck - 0.02, 0.0), (neck + 0.01, _TOP + 0.04)]), cloth)
        canvas.line([(0.5 - neck, _TOP + 0.04), (0.5 + neck, _TOP + 0.04)], 0.014, seam, 0.6)
        return
    if cut.collar in ("vee", "lapel"):
        rim = [(neck, _TOP - 0.01), (0.0, _TOP + depth)]
    else:
        rim = [(neck, _TOP - 0.01), (0.8 * neck, _TOP + 0.6 * depth), (0.0, _TOP + depth)]
    canvas.fill(mirrored(rim), hole)
    right = np.asarray(rim)
    for side in (-1, 1):
        canvas.line(right * [side, 1] + [0.5, 0], 0.02, seam, 0.6)
        if cut.collar in ("point", "stand"):
            wing = [(neck - 0.02, 0.01), (neck + 0.035, _TOP + 0.02), (0.07, _TOP + 0.1), (0.0, _TOP + 0.045)]
            if cut.collar == "stand":
                wing = [(neck - 0.005, 0.0), (neck + 0.02, _TOP + 0.02), (0.01, _TOP + 0.05), (0.03, 0.02)]
            canvas.fill(np.array(wing) * [side, 1] + [0.5, 0], np.minimum(1, 1.12 * cloth))
        elif cut.collar == "lapel":
            wing = [(neck, 0.01), (neck + 0.05, _TOP + 0.08), (0.02, _TOP + depth + 0.02)]
            canvas.fill(np.array(wing) * [side, 1] + [0.5, 0], 0.88 * cloth)
            canvas.line(np.array(wing) * [side, 1] + [0.5, 0], 0.014, seam, 0.7)
