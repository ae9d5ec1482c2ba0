"""Shoes in profile, toe to the left: sandal, sneaker, ankle boot."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from atelier.datasets.drawing.splines import smooth
from atelier.datasets.fashion_mnist.twin import fabric
from atelier.datasets.fashion_mnist.twin.canvas import Canvas

# Heights of a foot above the sole, from the toes to the heel.
_FOOT = [0.05, 0.12, 0.17, 0.27, 0.22, 0.24, 0.12]
_LEATHER = {"plain": 10, "blocks": 1, "flowers": 0.7, "faded": 2}


def sneaker(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint a low shoe with laces and a sole, rarely a high one."""
    base = fabric.tone(rng)
    hide = fabric.cloth(rng, base, _LEATHER, round_by=0.25)
    ground, sole = rng.uniform(0.6, 0.66), rng.uniform(0.04, 0.1)
    high = rng.uniform(0.1, 0.2) if rng.random() < 0.12 else 0.0
    tongue, heel = ground - rng.uniform(0.24, 0.33) - high, ground - rng.uniform(0.2, 0.28) - high
    toe = rng.uniform(0.07, 0.13)
    collar = rng.uniform(0.5, 0.6)
    over = smooth([
        (0.02, ground), (0.03, ground - toe * 0.7), (0.12, ground - toe), (0.32, ground - toe - 0.06),
        (collar - 0.06, tongue + 0.04), (collar, tongue),
    ])  # fmt: skip
    dip = heel + rng.uniform(0.02, 0.06)
    back = smooth([
        (collar + 0.03, tongue + 0.01), (collar + 0.12, dip), (0.84, dip), (0.94, heel), (0.97, heel + 0.06),
        (0.955, ground - 0.06), (0.975, ground),
    ])  # fmt: skip
    canvas.fill(np.concatenate([over, back]), hide)
    trim = fabric.contrast(rng, base)
    for _ in range(rng.integers(0, 4)):
        x, lean = rng.uniform(0.42, 0.66), rng.uniform(0.02, 0.18)
        canvas.line([(x, ground - 0.01), (x + lean, dip + 0.07)], rng.uniform(0.02, 0.05), trim, 0.9)
    if rng.random() < 0.4:
        canvas.fill([(0.86, heel + 0.03), (0.97, heel + 0.04), (0.97, ground), (0.82, ground)], trim, 0.8)
    if rng.random() < 0.4:
        canvas.line(smooth([(0.2, ground), (0.24, ground - 0.08), (0.2, ground - toe - 0.03)]), 0.02, trim, 0.8)
    laces = 0.55 * base if base > 0.5 else 0.95
    for place in np.linspace(0.15, 0.95, rng.integers(3, 6)):
        x, y = 0.33 + place * (collar - 0.36), ground - toe - 0.05 + place * (tongue + 0.05 + toe + 0.05 - ground)
        canvas.line([(x - 0.01, y + 0.005), (x + 0.055, y + 0.05)], 0.018, laces, 0.8)
    _sole(canvas, rng, ground, sole, base)


def _sole(canvas: Canvas, rng: np.random.Generator, ground: float, thick: float, base: float) -> None:
    tone = fabric.contrast(rng, base) if rng.random() < 0.6 else base
    lift = rng.uniform(0, 0.03)
    slab = [
        (0.015, ground - 0.02 - lift), (0.12, ground - 0.005), (0.98, ground - 0.015), (0.985, ground + thick * 0.6),
        (0.95, ground + thick), (0.12, ground + thick), (0.02, ground + thick * 0.4 - lift),
    ]  # fmt: skip
    canvas.fill(slab, tone)
    canvas.line(slab[:3], 0.014, 0.5 * base, 0.6)


def ankle_boot(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint a boot up to the ankle: flat or heeled, laced, elastic or zipped."""
    base = fabric.tone(rng)
    hide = fabric.cloth(rng, base, _LEATHER, round_by=0.25)
    lift = rng.uniform(0.12, 0.26) if rng.random() < 0.35 else rng.uniform(0.02, 0.08)
    floor = rng.uniform(0.82, 0.93)
    top = rng.uniform(0.06, 0.22) if rng.random() < 0.8 else rng.uniform(0.22, 0.34)
    heel, ball = floor - lift, floor - 0.03
    toe, front, back = rng.uniform(0.1, 0.17), rng.uniform(0.46, 0.6), rng.uniform(0.9, 0.96)
    over = smooth([
        (0.02, ball), (0.03, ball - toe * 0.7), (0.13, ball - toe), (0.34, ball - toe - 0.1),
        (front - 0.02, (top + ball) / 2), (front, top),
    ])  # fmt: skip
    rear = smooth([(back, top + rng.uniform(-0.02, 0.03)), (back - 0.02, (top + heel) / 2), (back + 0.02, heel)])
    under = smooth([(0.7, heel), (0.5, (heel + ball) / 2 + 0.01), (0.34, ball)])
    canvas.fill(np.concatenate([over, rear, under]), hide)
    seam, trim = 0.6 * base, fabric.contrast(rng, base)
    style = fabric.pick(rng, {"laces": 3, "elastic": 3, "zip": 1.5, "bare": 2, "cuff": 1})
    if style == "laces":
        for place in np.linspace(0.1, 1, rng.integers(4, 7)):
            x, y = 0.36 + place * (front - 0.36), ball - toe - 0.06 + place * (top + toe + 0.1 - ball)
            canvas.line([(x, y), (x + 0.1, y + 0.03)], 0.02, trim, 0.85)
    elif style == "elastic":
        middle = (front + back) / 2 + 0.03
        canvas.fill([
            (middle - 0.1, top), (middle + 0.08, top), (middle + 0.02, (top + heel) / 2 + 0.12),
            (middle - 0.02, (top + heel) / 2 + 0.12),
        ], trim, 0.8)  # fmt: skip
    elif style == "zip":
        canvas.line([((front + back) / 2, top), ((front + back) / 2 + 0.05, heel - 0.05)], 0.025, trim, 0.9)
    elif style == "cuff":
        canvas.fill([(front, top), (back, top), (back, top + 0.12), (front - 0.02, top + 0.12)], trim, 0.9)
    canvas.line(
        smooth([(0.7, heel), (0.6, heel - 0.15), (front - 0.05, (top + ball) / 2 + 0.06)]),
        0.016,
        seam,
        rng.uniform(0, 0.8),
    )
    sole = 0.5 * base if rng.random() < 0.6 else trim
    canvas.line(np.concatenate([[(0.02, ball)], under[::-1], [(back, heel)]]), 0.04, sole)
    slim = rng.uniform(0.05, 0.18) if lift > 0.1 else rng.uniform(0.2, 0.28)
    canvas.fill(
        [(back + 0.02 - slim, heel), (back + 0.02, heel), (back, floor), (back + 0.015 - 0.8 * slim, floor)], sole
    )


def sandal(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint a sole with straps: flat, on a wedge, or on a high heel."""
    # Straps are thin: a dark strap would be invisible on black.
    base = 0.3 + 0.7 * fabric.tone(rng)
    kind = fabric.pick(rng, {"flat": 5, "heel": 3, "wedge": 2})
    lift = {"flat": rng.uniform(0, 0.05), "heel": rng.uniform(0.22, 0.36), "wedge": rng.uniform(0.1, 0.22)}[kind]
    floor = 0.58 + 0.75 * lift + rng.uniform(0, 0.06)
    bed = smooth([(0.03, floor - 0.02), (0.32, floor), (0.6, floor - 0.55 * lift), (0.95, floor - lift)])
    thick = rng.uniform(0.025, 0.06)
    tone = base if rng.random() < 0.5 else fabric.contrast(rng, base)
    if kind == "wedge":
        canvas.fill(np.concatenate([bed, [(0.97, floor + 0.03), (0.05, floor + 0.03)]]), 0.8 * tone)
    elif kind == "heel":
        slim = rng.uniform(0.02, 0.06)
        canvas.fill([
            (0.97 - 2.2 * slim, floor - lift), (0.97, floor - lift), (0.95, floor + 0.03), (0.95 - slim, floor + 0.03),
        ], tone)  # fmt: skip
    canvas.line(bed, thick, tone)
    _straps(canvas, rng, base, bed, lift)


def _straps(canvas: Canvas, rng: np.random.Generator, base: float, bed: np.ndarray, lift: float) -> None:
    def on_bed(x: float) -> float:
        return float(np.interp(x, bed[:, 0], bed[:, 1]))

    wide = rng.uniform(0.035, 0.075)
    if rng.random() < 0.35:
        _cage(canvas, rng, base, on_bed)
        return
    for start in np.sort(rng.uniform(0.08, 0.36, rng.integers(1, 3))):
        end, rise = start + rng.uniform(0.2, 0.42), rng.uniform(0.09, 0.17)
        peak = start + rng.uniform(0.5, 0.75) * (end - start)
        arch = [(start, on_bed(start)), (peak, on_bed(peak) - rise), (end, on_bed(end))]
        canvas.line(smooth(arch), wide, base * rng.uniform(0.8, 1))
    if rng.random() < 0.65:
        height, front = on_bed(0.9) - rng.uniform(0.15, 0.27), rng.uniform(0.6, 0.7)
        ankle = [(0.94, on_bed(0.93)), (0.95, height + 0.06), (0.88, height), (front, height + 0.05)]
        canvas.line(smooth(ankle), wide, base)
        ends = {
            "bare": (front, height + 0.05),
            "side": (front - 0.06, on_bed(front - 0.06)),
            "ridge": (0.38, on_bed(0.38) - 0.1),
        }
        canvas.line(
            [(front, height + 0.05), ends[fabric.pick(rng, {"bare": 1, "side": 2, "ridge": 2})]], wide, 0.9 * base
        )


def _cage(canvas: Canvas, rng: np.random.Generator, base: float, on_bed: Callable[[float], float]) -> None:
    """Paint an upper over the whole foot, with gaps between slanting straps."""
    tall = rng.uniform(0.8, 1.25)

    def ridge(x: float) -> float:
        return on_bed(x) - tall * float(np.interp(x, [0.04, 0.2, 0.45, 0.62, 0.72, 0.9, 0.96], _FOOT))

    xs = np.linspace(0.05, 0.96, 24)
    outline = [(x, ridge(x)) for x in xs] + [(x, on_bed(x)) for x in xs[::-1]]
    canvas.fill(outline, fabric.cloth(rng, base, {"plain": 1}))
    windows, lean = rng.integers(2, 5), rng.uniform(0.02, 0.1)
    stations = np.linspace(rng.uniform(0.16, 0.26), 0.84, windows + 1)
    for left, right in pairwise(stations):
        gap = rng.uniform(0.5, 0.75) * (right - left)
        low, high = 0.035, rng.uniform(0.0, 0.06)
        cut = [(left, on_bed(left) - low), (left + gap, on_bed(left) - low)]
        top = [(left + gap + lean, ridge(left + gap + lean) + high), (left + lean, ridge(left + lean) + high)]
        canvas.fill(cut + top, 0.0)
