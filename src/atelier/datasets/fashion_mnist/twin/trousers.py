"""Trousers, seen from the front."""

import numpy as np

from atelier.datasets.drawing import splines
from atelier.datasets.fashion_mnist.twin import fabric
from atelier.datasets.fashion_mnist.twin.canvas import Canvas

_PRINTS = {"plain": 10, "faded": 5, "flowers": 0.7, "pinstripes": 0.5, "check": 0.3}


def paint(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint a pair, from skinny to flared."""
    base = fabric.tone(rng)
    cloth = fabric.cloth(rng, base, _PRINTS, round_by=0.9)
    seam = 0.68 * base
    waist, hip, crotch = rng.uniform(0.1, 0.145), rng.uniform(0.135, 0.18), rng.uniform(0.3, 0.42)
    length = rng.uniform(0.93, 0.985)
    stance = rng.uniform(0.01, 0.05)
    knee, hem = rng.uniform(0.085, 0.13), rng.uniform(0.07, 0.15)
    top = 0.02
    for side in (-1, 1):
        outer = splines.smooth([(waist, top), (hip, 0.2), (stance + knee + 0.035, 0.58), (stance + 0.02 + hem, length)])
        inner = splines.smooth([(stance + 0.02, length), (stance, 0.62), (0.004, crotch)])
        leg = np.concatenate([outer, inner, [(0.0, top)]]) * [side, 1] + [0.5, 0]
        canvas.fill(leg, cloth * (1 if side > 0 else rng.uniform(0.9, 1)))
        crease = np.array(
            [(waist * 0.6, 0.16), (stance + knee / 2 + 0.02, 0.6), (stance + hem / 2 + 0.02, length - 0.02)]
        )
        canvas.line(crease * [side, 1] + [0.5, 0], 0.03, np.minimum(1, 1.15 * cloth), rng.uniform(0, 0.8))
        pocket = np.array([(waist * 0.55, 0.07), (hip - 0.01, 0.15)])
        canvas.line(pocket * [side, 1] + [0.5, 0], 0.016, seam, rng.uniform(0, 0.9))
    canvas.line([(0.5 - waist, top + 0.04), (0.5 + waist, top + 0.04)], 0.02, seam, rng.uniform(0.2, 0.9))
    canvas.line([(0.5, top + 0.03), (0.5, crotch)], 0.016, seam, rng.uniform(0.3, 0.9))
