"""Clothes, necklaces, earrings, glasses and hats."""

import numpy as np

from atelier.datasets.celeba.twin import colours
from atelier.datasets.celeba.twin.canvas import Canvas, blob, closed, ellipse, open_
from atelier.datasets.celeba.twin.colours import Colour, darker, mix
from atelier.datasets.celeba.twin.look import Look

_GOLD: Colour = (226, 182, 92)
_SILVER: Colour = (226, 230, 236)


def clothes(canvas: Canvas, look: Look, rng: np.random.Generator) -> None:
    """Paint a pullover, a blouse, a shirt with a collar, or a jacket with a shirt and a tie."""
    cloth, other = colours.cloth(rng), colours.cloth(rng)
    neckline, kind = rng.uniform(0, 1), rng.random()
    tie = look.traits["Wearing_Necktie"]
    slope = 4 if look.traits["Male"] else 0
    deep = 106 + 8 * neckline if look.traits["Male"] else 110 + 9 * neckline
    wide = 33 if look.traits["Male"] else 36
    right = [(wide, 92), (52, 97 - slope), (82, 103 - slope), (112, 118), (120, 160)]
    collar = [(-wide, 92), (-0.6 * wide, deep - 3), (0, deep), (0.6 * wide, deep - 3), (wide, 92)]
    if tie:
        cloth = mix(cloth, (40, 42, 54), 0.7)
    outline = np.concatenate(
        [open_(collar, 5), open_(right, 4)[1:], [(-120, 160)], open_([(-x, y) for x, y in right], 4)[-2:0:-1]]
    )
    u, v = canvas.pose.grid(0)
    shade = 0.1 + 0.3 * np.abs(u) / 90 - 0.12 * u / 60 * look.light[0] + 0.1 * blob(u, v, 0, 96, 40, 10)
    canvas.paint([outline], np.array(cloth, np.float32) * (1 - shade[..., np.newaxis]))
    if tie:
        _shirt(canvas, (236, 238, 242), other)
    elif look.traits["Male"] and kind < 0.4:
        _shirt(canvas, mix(cloth, (255, 255, 255), 0.35), None)
    else:
        canvas.line(open_(collar, 5), 2.2, darker(cloth, 0.3) if kind < 0.7 else mix(cloth, (255, 255, 255), 0.3))


def _shirt(canvas: Canvas, white: Colour, tie: Colour | None) -> None:
    for side in (-1, 1):
        canvas.fill([(side * 35, 82), (side * 38, 92), (side * 17, 118), (0, 104), (side * 20, 92)], white)
        canvas.soft([(side * 20, 92), (0, 104), (side * 17, 118)], (90, 90, 104), 0.5, 0, 1.0)
    if tie is not None:
        canvas.fill([(-17, 118), (0, 102), (17, 118), (12, 140), (-12, 140)], white)
        canvas.fill([(-6, 101), (6, 101), (5, 110), (10, 140), (-10, 140), (-5, 110)], mix(tie, (150, 20, 40), 0.3))
        canvas.line([(-5, 110), (5, 110)], 1, darker(tie, 0.5))


def necklace(canvas: Canvas, look: Look, rng: np.random.Generator) -> None:
    """Paint a chain or beads round the neck."""
    metal, beads, low = (_GOLD if rng.random() < 0.5 else _SILVER), bool(rng.random() < 0.5), 101 + rng.uniform(0, 4)
    if not look.traits["Wearing_Necklace"]:
        return
    path = open_([(-30, 84), (-18, low - 6), (0, low), (18, low - 6), (30, 84)], 5)
    if beads:
        for x, y in path[::1].tolist():
            canvas.dot((x, y), 1.9, metal)
            canvas.dot((x - 0.5, y - 0.6), 0.7, (255, 255, 255))
    else:
        canvas.line(path, 1.4, metal)
        canvas.dot((0, low + 3), 2.8, metal)


def earrings(canvas: Canvas, look: Look, rng: np.random.Generator) -> None:
    """Paint hoops or drops below the ears, in front of the hair."""
    metal, hoops, size = (_GOLD if rng.random() < 0.6 else _SILVER), bool(rng.random() < 0.5), rng.uniform(4, 6)
    if not look.traits["Wearing_Earrings"]:
        return
    x, y = float(look.jaw[0, 0]) + 1, 20.0
    for side in (-1, 1):
        if hoops:
            ring = ellipse(side * x, y + size, size * 0.8, size)
            canvas.line(np.concatenate([ring, ring[:1]]), 1.8, metal)
        else:
            canvas.line([(side * x, y), (side * x, y + 5)], 1, metal)
            canvas.dot((side * x, y + 7), 0.62 * size, metal)
            canvas.dot((side * x - 0.8, y + 6), 1, (255, 255, 255))


def glasses(canvas: Canvas, look: Look, rng: np.random.Generator) -> None:
    """Paint dark frames, round or square, and a reflection on each lens."""
    corner, thick, tint = rng.uniform(2.0, 5.0), rng.uniform(2.8, 3.6), colours.hue(float(rng.random()), 0.5, 46)
    across, down = rng.uniform(15.5, 17.2), rng.uniform(11.5, 14)
    if not look.traits["Eyeglasses"]:
        return
    turn = np.linspace(0, 2 * np.pi, 33)
    cos, sin = np.cos(turn), np.sin(turn)
    # A superellipse (Lamé): exponent 2 is round, higher ones are squarer.
    shape = np.stack(
        [across * np.sign(cos) * np.abs(cos) ** (2 / corner), down * np.sign(sin) * np.abs(sin) ** (2 / corner)], 1
    )
    for side in (-1, 1):
        lens = shape + np.array((side * 20.5, 1.5))
        canvas.soft(lens, mix(tint, (190, 214, 226), 0.5), 0.16, 0, 0, 40)
        glint = [(side * 20.5 - 9, -5), (side * 20.5 - 4.5, -8), (side * 20.5 - 8.5, 5), (side * 20.5 - 11, 5)]
        canvas.soft(glint, (255, 255, 255), 0.26, 0.3, 0, 40)
        canvas.soft(lens + np.array((0, 3)), look.shadow(0.6), 0.25, 0.8, 2.5, 38)
        canvas.line(lens, thick, tint, 40)
        canvas.line([(side * (20.5 + across - 0.5), -3), (side * 47.5, -4)], thick * 0.9, tint, 30)
    canvas.line(open_([(-20.5 + across, -2), (0, -4.5), (20.5 - across, -2)], 5), thick, tint, 42)


def hat(canvas: Canvas, look: Look, rng: np.random.Generator) -> None:
    """Paint a knitted cap, a brimmed hat or a baseball cap down to the forehead."""
    kind, cloth, other = (
        int(rng.integers(3)),
        colours.hue(float(rng.random()), float(rng.uniform(0.35, 0.85)), float(rng.uniform(90, 225))),
        colours.cloth(rng),
    )
    tall, bobble, stripes = rng.uniform(0, 6), bool(rng.random() < 0.45), rng.random() < 0.5
    if not look.traits["Wearing_Hat"]:
        return
    crown = [
        (56, -26), (57, -44), (44, -70 - tall), (22, -86 - tall), (0, -90 - tall), (-22, -86 - tall), (-44, -70 - tall),
        (-57, -44), (-56, -26),
    ]  # fmt: skip
    if kind == 1:
        crown = [
            (53, -30), (50, -60), (42, -84 - tall), (22, -90 - tall), (0, -84 - tall), (-22, -90 - tall),
            (-42, -84 - tall), (-50, -60), (-53, -30),
        ]  # fmt: skip
    u, v = canvas.pose.grid(10)
    shade = 0.5 * (u / 62) ** 2 - 0.16 * u / 56 * look.light[0] + 0.12 - 0.25 * blob(u, v, -10, -66, 24, 14)
    if kind == 0:
        shade = shade + 0.09 * np.sin(u * 0.75)
    field = np.array(cloth, np.float32) * (1 - np.clip(shade, -0.1, 0.8)[..., np.newaxis])
    if kind == 0 and stripes:
        band = (np.abs(v + 58 + 0.004 * u**2) < 5).astype(np.float32)[..., np.newaxis]
        field = field + (np.array(other, np.float32) * (1 - np.clip(shade, 0, 0.8)[..., np.newaxis]) - field) * band
    canvas.soft(open_([(-50, -20), (-25, -25), (0, -27), (25, -25), (50, -20)], 5), look.shadow(0.7), 0.5, 2, 7, 20)
    if kind == 0 and bobble:
        canvas.dot((0, -95 - tall), 11, mix(other, (255, 255, 255), 0.2))
    canvas.paint([open_(crown, 6)], field, 10)
    if kind == 0:
        cuff = closed([
            (-58, -24), (-56, -42), (-28, -49), (0, -51), (28, -49), (56, -42), (58, -24), (30, -31), (0, -33.5),
            (-30, -31),
        ], 5)  # fmt: skip
        canvas.paint([cuff], 0.84 * field, 12)
    elif kind == 1:
        ribbon = closed([(-53, -34), (-51, -46), (0, -56), (51, -46), (53, -34), (0, -42)], 5)
        canvas.fill(ribbon, darker(other, 0.45), 10)
        brim = closed([(-84, -26), (-60, -36), (0, -44), (60, -36), (84, -26), (56, -21), (0, -29), (-56, -21)], 6)
        canvas.paint([brim], 0.9 * field + 6, 14)
    else:
        for x in (-24, 24):
            canvas.soft(open_([(0, -88 - tall), (x, -70), (1.25 * x, -36)], 5), darker(cloth, 0.6), 0.6, 0, 1.2, 10)
        canvas.dot((0, -89 - tall), 3, darker(cloth, 0.3))
        peak = closed([
            (-50, -30), (-30, -42), (0, -46), (30, -42), (50, -30), (46, -21), (22, -25), (0, -26), (-22, -25),
            (-46, -21),
        ], 5)  # fmt: skip
        canvas.paint([peak], 0.62 * field + 4, 26)
        seam = open_([(-46, -31), (-24, -40), (0, -43), (24, -40), (46, -31)], 5)
        canvas.soft(seam, mix(cloth, (255, 255, 255), 0.5), 0.5, 0, 1, 26)
