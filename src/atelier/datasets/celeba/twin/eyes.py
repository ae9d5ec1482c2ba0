"""Eyes and eyebrows."""

import numpy as np

from atelier.datasets.celeba.twin import colours
from atelier.datasets.celeba.twin.canvas import Canvas, open_
from atelier.datasets.celeba.twin.colours import darker, mix
from atelier.datasets.celeba.twin.look import Look
from atelier.datasets.drawing.splines import Points

_DEPTH = 34.0
_ALONG = np.linspace(-1, 1, 15)


def paint(canvas: Canvas, look: Look, rng: np.random.Generator) -> None:
    """Paint both eyes, with the same gaze."""
    traits = look.traits
    iris = colours.iris(look.tone, rng)
    apart, half, up = 19.8 + rng.normal(0, 0.6), rng.normal(11.2, 0.5), rng.normal(6.3, 0.4)
    down, slant = rng.normal(4.4, 0.3), rng.normal(0.9, 0.6)
    gaze = rng.normal(0, 0.9), rng.normal(0, 0.4)
    shade = colours.hue(float(rng.choice((0.75, 0.05, 0.6, 0.9))), 0.4, 130)
    up += -0.5 if traits["Male"] else 0.6
    if traits["Smiling"]:
        up, down = up * 0.92, down * 0.72
    if not traits["Young"]:
        up, slant = up * 0.86, slant - 1.2
    if traits["Narrow_Eyes"]:
        up, down = up * 0.58, down * 0.66
    for side in (-1, 1):
        x = side * apart + side * half * _ALONG
        tilt = -slant * _ALONG
        upper = tilt - up * (1 - np.abs(_ALONG - 0.06) ** 2.3).clip(0)
        lower = tilt + down * (1 - np.abs(_ALONG + 0.08) ** 2.2).clip(0)
        if traits["Heavy_Makeup"]:
            veil = np.concatenate([np.stack([x, upper + 2], 1), np.stack([x, upper - 5.5 + 2.5 * _ALONG**2], 1)[::-1]])
            canvas.soft(veil, shade, 0.5, 1.2, 0, _DEPTH)
        _ball(canvas, look, (side * apart + gaze[0], gaze[1] - 0.4), iris, x, upper, lower)
        _lids(canvas, look, x, upper, lower, side, up)


def _ball(
    canvas: Canvas,
    look: Look,
    centre: tuple[float, float],
    iris: colours.Colour,
    x: np.ndarray,
    upper: np.ndarray,
    lower: np.ndarray,
) -> None:
    order = np.argsort(x)
    white = mix((246, 242, 238), look.tone, 0.08)
    canvas.fill(np.concatenate([np.stack([x, upper], 1), np.stack([x, lower], 1)[::-1]]), white, _DEPTH)

    def disc(radius: float) -> np.ndarray:
        """Return a disc clipped by the lids."""
        turn = np.linspace(0, 2 * np.pi, 22, endpoint=False)
        across = centre[0] + radius * np.cos(turn)
        top, bottom = np.interp(across, x[order], upper[order]), np.interp(across, x[order], lower[order])
        return np.stack([across, np.clip(centre[1] + radius * np.sin(turn), top, bottom)], 1)

    canvas.fill(disc(5.6), darker(iris, 0.45), _DEPTH)
    canvas.fill(disc(4.9), iris, _DEPTH)
    canvas.soft(disc(4.9)[2:10], mix(iris, (255, 240, 200), 0.45), 0.5, 0, 0, _DEPTH)
    canvas.fill(disc(2.5), (22, 17, 18), _DEPTH)
    shadow = np.concatenate([np.stack([x, upper], 1), np.stack([x, np.minimum(upper + 2.2, lower)], 1)[::-1]])
    canvas.soft(shadow, (60, 44, 44), 0.35, 0, 0, _DEPTH)
    glint = 1.9 if look.light[0] > 0 else -1.9
    canvas.dot((centre[0] + glint, centre[1] - 1.9), 1.25, (255, 255, 255), _DEPTH)


def _lids(
    canvas: Canvas, look: Look, x: np.ndarray, upper: np.ndarray, lower: np.ndarray, side: int, up: float
) -> None:
    traits = look.traits
    made_up = traits["Heavy_Makeup"]
    ink = (34, 24, 26) if not traits["Male"] or made_up else mix((48, 34, 32), look.tone, 0.15)
    thick = 1.3 if traits["Male"] else 2.0 if made_up else 1.7
    lash = np.stack([x, upper], 1)
    if not traits["Male"]:
        reach = 4.0 if made_up else 2.6
        tip = np.array([[x[-1] + side * reach, upper[-1] - reach * 0.8]])
        band = np.concatenate([lash[1:] - (0, 0.3), tip, (lash - (0, thick + 0.5))[:2:-1]])
        canvas.fill(band, ink, _DEPTH)
    canvas.line(lash, thick, ink, _DEPTH)
    canvas.soft(np.stack([x, lower], 1)[3:], look.shadow(0.7), 0.55, 0, 1.0, _DEPTH)
    crease = np.stack([x, upper - 3.2 + 1.6 * _ALONG**2 - 0.1 * up], 1)[2:-1]
    canvas.soft(crease, look.shadow(0.6), 0.6, 0.3, 1.2, _DEPTH)


def brows(canvas: Canvas, look: Look, rng: np.random.Generator) -> None:
    """Paint the eyebrows as tapered arcs: thick and low for men, thin and high for women."""
    traits = look.traits
    lift, arch, thick = rng.normal(0, 0.8), rng.normal(2.0, 0.6), rng.normal(1, 0.08)
    height = -14.2 + lift
    thick *= 2.9 if traits["Male"] else 1.6
    height += 1.4 if traits["Male"] else -1.0
    if traits["Bushy_Eyebrows"]:
        thick += 1.2
    if traits["Arched_Eyebrows"]:
        arch, height = arch + 2.2, height - 0.6
    if not traits["Young"]:
        height += 0.8
    for side in (-1, 1):
        spine = open_([
            (8, height + (1.2 if traits["Male"] else 0)), (14, height - 0.2 * arch), (26, height - arch),
            (35.5, height + 2.4),
        ], 4)  # fmt: skip
        width = thick * np.array([0.75, 0.9, 1, 1.05, 1.1, 1.1, 1.05, 1, 0.9, 0.75, 0.55, 0.35, 0.12])
        band = np.concatenate(
            [spine - np.stack([0 * width, width], 1), (spine + np.stack([0 * width, width], 1))[::-1]]
        )
        canvas.soft(_sided(band, side), look.brows, 0.9, 0.45, 0, 36)


def _sided(points: Points, side: int) -> np.ndarray:
    return np.asarray(points) * [side, 1]
