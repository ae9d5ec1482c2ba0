"""The mouth: lips, and teeth and tongue in an open mouth."""

import numpy as np

from atelier.datasets.celeba.twin.canvas import Canvas, band
from atelier.datasets.celeba.twin.colours import darker, mix
from atelier.datasets.celeba.twin.look import Look

_DEPTH = 38.0
_T = np.linspace(-1, 1, 21)
_MIDDLE = slice(6, 15)
_DARK = (62, 16, 20)
_TEETH = (250, 247, 242)


def paint(canvas: Canvas, look: Look, rng: np.random.Generator) -> None:
    """Paint the mouth: a smile is wide with raised corners; an open mouth is dark and shows teeth."""
    traits = look.traits
    smiling, parted = traits["Smiling"], traits["Mouth_Slightly_Open"]
    amount, gap, frown = rng.uniform(0.8, 1.15), rng.uniform(0.8, 1.15), rng.uniform(-1.6, 0.5)
    half, upper, lower = rng.normal(18.5, 0.7), rng.normal(4.0, 0.3), rng.normal(5.6, 0.4)
    y = 41 + rng.normal(0, 0.8)
    if traits["Male"]:
        upper, lower, half = upper * 0.8, lower * 0.85, half + 1
    if traits["Wearing_Lipstick"]:
        upper, lower = upper * 1.15, lower * 1.15
    if traits["Big_Lips"]:
        upper, lower = upper * 1.45, lower * 1.4
    if not traits["Young"]:
        upper, lower = upper * 0.82, lower * 0.88
    lift = 7.8 * amount if smiling else -frown
    if smiling:
        half, upper, lower = half + 5, upper * 0.8, lower * 0.85
    elif parted:
        half -= 1.5
    x = half * _T
    middle = y + 0.42 * lift - lift * np.abs(_T) ** 1.7
    round_ = (1 - _T**2).clip(0)
    # A smile opens downwards from the upper lip, another open mouth in both directions.
    over = (0.8 if smiling else 3.0) * gap * round_**0.8 if parted else 0 * _T
    under = (10.8 if smiling else 7.4) * gap * round_ ** (0.75 if smiling else 0.6) if parted else 0 * _T
    top, bottom = middle - over, middle + under
    bow = 1 + 0.22 * np.exp(-(((np.abs(_T) - 0.22) / 0.14) ** 2)) - 0.16 * np.exp(-((_T / 0.1) ** 2))
    rim_up = top - upper * bow * (1 - np.abs(_T) ** 1.5)
    rim_low = bottom + lower * (1 - np.abs(_T) ** 2.2)
    canvas.soft(band(x[2:-2], rim_low[2:-2], rim_low[2:-2] + 3), look.shadow(0.5), 0.4, 1.2, 0, _DEPTH)
    canvas.fill(band(x, rim_up, middle), darker(look.lips, 0.16), _DEPTH)
    canvas.fill(band(x, middle, rim_low), look.lips, _DEPTH)
    shine = 0.55 if traits["Wearing_Lipstick"] else 0.3
    full = (bottom + rim_low)[_MIDDLE] / 2
    gloss = band(x[_MIDDLE], full - 1, full + 0.6)
    canvas.soft(gloss, mix(look.lips, (255, 236, 230), 0.8), shine, 0.6, 0, _DEPTH)
    if parted:
        _inside(canvas, x, top, bottom, 5.8 if smiling else 3.4)
    else:
        canvas.line(np.stack([x, middle], 1), 1.3 if smiling else 1.1, darker(look.lips, 0.7), _DEPTH)
    if smiling:
        for side in (0, -1):
            corner, out = (x[side], middle[side]), np.sign(x[side])
            dimple = [(corner[0] - out, corner[1] + 1.5), (corner[0] + 1.6 * out, corner[1] - 2.2)]
            canvas.soft(dimple, look.shadow(0.75), 0.6, width=1.6, depth=_DEPTH - 2)


def _inside(canvas: Canvas, x: np.ndarray, top: np.ndarray, bottom: np.ndarray, teeth: float) -> None:
    canvas.fill(band(x, top, bottom), _DARK, _DEPTH)
    deep = bottom - 0.36 * (bottom - top)
    canvas.soft(band(x[3:-3], deep[3:-3], bottom[3:-3]), (196, 84, 88), 0.75, 0, 0, _DEPTH)
    edge = np.minimum(top + teeth, bottom - 0.22 * (bottom - top))
    canvas.fill(band(x[1:-1], top[1:-1] + 0.3, edge[1:-1]), _TEETH, _DEPTH)
    for share in (-0.36, -0.12, 0.12, 0.36):
        place = float(share * x[-1])
        above = float(np.interp(place, x, top))
        canvas.soft([(place, above + 0.6), (place, above + teeth * 0.8)], (168, 150, 146), 0.35, 0, 0.6, _DEPTH)
