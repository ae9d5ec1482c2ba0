"""Neck, ears, nose and the skin of the face, shaded like a round surface."""

import numpy as np

from atelier.datasets.celeba.twin.canvas import Canvas, blob, closed, mirrored, open_
from atelier.datasets.celeba.twin.look import Look

_SHADE = np.array([0.36, 0.5, 0.55], np.float32)
_BLUSH = np.array([1, 0.58, 0.56], np.float32)
_ASHEN = np.array([78, 60, 52], np.float32)
_STUBBLE = np.array([70, 66, 70], np.float32)
_FRONT = 36.0


def neck(canvas: Canvas, look: Look, rng: np.random.Generator) -> None:
    """Paint the neck with the shadow of the chin and the collar bones."""
    male = look.traits["Male"]
    width = (34 if male else 27) * rng.normal(1, 0.04) + (3 if look.traits["Chubby"] else 0)
    canvas.fill(mirrored([(width, 30), (width - 1, 88), (width + 8, 104), (70, 122)]), look.shadow(0.2))
    # Narrower than the neck, because it must not darken the background.
    inner = width - 5
    chin = [(-inner, 40), (inner, 40), (inner, 84), (0, 97), (-inner, 84)]
    canvas.soft(chin, look.shadow(0.5), 0.75, blur=4)
    for side in (-1, 1):
        path = open_([(side * 6, 112), (side * 24, 106), (side * 44, 108)])
        canvas.soft(path, look.shadow(0.45), 0.6, blur=1, width=2.5)


def ears(canvas: Canvas, look: Look, rng: np.random.Generator) -> None:
    """Paint both ears; hair may cover them."""
    size = rng.normal(1, 0.07) * (1.05 if look.traits["Male"] else 0.92)
    edge = float(look.jaw[0, 0])
    for side in (-1, 1):
        x = side * (edge + 1.5)
        shell = [
            (x, -12 * size), (x + side * 7 * size, -10 * size), (x + side * 8 * size, 2),
            (x + side * 4 * size, 15 * size), (x - side * 3, 20 * size),
        ]  # fmt: skip
        canvas.fill(closed(shell), look.shadow(0.1))
        near, far = x + side, x + side * 4.5 * size
        inner = open_([(near, -7 * size), (far, -5 * size), (far, 3), (near, 10 * size)])
        canvas.soft(inner, look.shadow(0.5), 0.6, width=1.6)


def face(canvas: Canvas, look: Look, rng: np.random.Generator) -> None:
    """Paint the face without its features."""
    canvas.paint([look.head], _skin(canvas, look, rng))
    canvas.soft(np.concatenate([look.head, look.head[:1]]), look.shadow(0.6), 0.3, width=1.0)
    if not look.traits["Young"]:
        _wrinkles(canvas, look, rng)
    if look.traits["Smiling"] or look.traits["High_Cheekbones"]:
        _folds(canvas, look, 0.34 if look.traits["Smiling"] else 0.12)
    if look.traits["Bags_Under_Eyes"]:
        for side in (-1, 1):
            canvas.soft(open_([(side * 11, 9), (side * 20, 13), (side * 30, 9)]), look.shadow(0.5), 0.5, 0.8, 2, _FRONT)
    if look.traits["Double_Chin"]:
        y = float(look.jaw[-1, 1])
        canvas.soft(open_([(-18, y - 4), (0, y + 5), (18, y - 4)]), look.shadow(0.5), 0.6, 1, 2.4)


def _skin(canvas: Canvas, look: Look, rng: np.random.Generator) -> np.ndarray:
    traits = look.traits
    u, v = canvas.pose.grid(0)
    x, y = canvas.pose.grid(_FRONT)
    side = np.abs(x)
    # Lambert's law on an ellipsoid.
    across, down = np.clip(u / 56, -1, 1), np.clip((v - 4) / 84, -1, 1)
    facing = np.sqrt(np.clip(1 - across**2 - down**2, 0.02, 1))
    slope = across * look.light[0] + 0.8 * down * look.light[1]
    shade = np.clip(0.62 - 0.62 * facing - 0.34 * slope, 0, 1)
    lit = -np.sign(look.light[0]) if look.light[0] else 1.0
    shade += 0.24 * blob(side, y, 19, -5, 15, 8)
    philtrum, chin = 0.26 * blob(x, y, 0, 33, 13, 4), 0.2 * blob(x, y, 0, 55, 12, 3.5)
    shade += 0.22 * blob(x, y, 9 * lit, 12, 4.5, 17) + philtrum + chin
    bridge, tip = 0.26 * blob(x, y, -1.5 * lit, 6, 4, 17), 0.24 * blob(x, y, -lit, 23, 5, 4)
    glow = 0.2 * blob(x, y, 0, -36, 30, 16) + bridge + tip
    glow += 0.13 * blob(x, y, 0, 65, 9, 6) + 0.3 * np.clip(slope, 0, 1) * facing
    cheeks = blob(side, y, 31, 25, 12, 10)
    raised = 1.0 if traits["High_Cheekbones"] else 0.0
    if traits["Smiling"]:
        glow += (0.26 + 0.08 * raised) * blob(side, y, 30, 19, 9, 7)
        shade += 0.16 * blob(side, y, 36, 36, 7, 8)
    elif raised:
        glow += 0.16 * blob(side, y, 33, 18, 9, 6)
        shade += 0.16 * blob(side, y, 38, 34, 6, 9)
    blush = float(rng.uniform(0.05, 0.16)) + 0.14 * traits["Heavy_Makeup"] + 0.34 * traits["Rosy_Cheeks"]
    if traits["Pale_Skin"]:
        blush *= 0.8
    tone = np.array(look.tone, np.float32)
    field = tone * (1 - shade[..., np.newaxis] * _SHADE)
    field += (np.minimum(tone * 1.15 + 30, 255) - field) * (0.75 * glow)[..., np.newaxis]
    field += (tone * _BLUSH - field) * (blush * cheeks)[..., np.newaxis]
    if not traits["Young"]:
        mottle = 0.5 + 0.5 * np.sin(0.23 * u + 1.7 * np.sin(0.17 * v)) * np.sin(0.19 * v)
        field += (0.5 * tone + _ASHEN - field) * (0.2 + 0.12 * mottle)[..., np.newaxis]
    if traits["5_o_Clock_Shadow"]:
        jaw = np.clip((v - 30 - 0.006 * (52 - np.abs(u)) ** 2) / 14, 0, 1) * (1 - blob(x, y, 0, 42, 18, 9))
        field += (_STUBBLE - field) * (0.16 * jaw)[..., np.newaxis]
    return field


def _wrinkles(canvas: Canvas, look: Look, rng: np.random.Generator) -> None:
    """Paint the wrinkles of age: on the forehead, beside and below the eyes, and around the mouth."""
    bend, ink = rng.normal(0, 1, 3), look.shadow(0.6)
    for y, half, tilt in zip((-41, -33.5, -26.5), (20, 25, 21), bend, strict=True):
        left, right = (-half / 2, y + tilt / 2), (half / 2, y - tilt / 2)
        path = open_([(-half, y + 1.8), left, (0, y - 0.4), right, (half, y + 1.8)])
        canvas.soft(path, ink, 0.45, 0.5, 1.3, _FRONT)
    for side in (-1, 1):
        for lift in (-4, 0.5, 5):
            path = np.array([(side * 35, 1 + lift * 0.4), (side * 42, 1.5 + lift * 1.4)])
            canvas.soft(path, ink, 0.45, 0.4, 1.2, 30)
        bag = closed([(9, 6), (20, 8.5), (31, 5), (28, 12), (19, 15), (11, 12)]) * [side, 1]
        canvas.soft(bag, look.shadow(0.45), 0.42, 1.2, 0, _FRONT)
        canvas.soft(open_([(side * 10, 11), (side * 19, 14.5), (side * 29, 11)]), ink, 0.5, 0.5, 1.3, _FRONT)
        canvas.soft(open_([(side * 28, 52), (side * 30, 58), (side * 28, 64)]), ink, 0.3, 0.8, 1.8, 20)
    _folds(canvas, look, 0.66)


def _folds(canvas: Canvas, look: Look, strength: float) -> None:
    """Paint the folds from the nose around the corners of the mouth; they are longer on old faces."""
    end = (31, 44) if not look.traits["Young"] else (29.5, 38)
    for side in (-1, 1):
        path = open_([(side * 12.5, 23), (side * 20, 27.5), (side * 27, 33.5), (side * end[0], end[1])])
        canvas.soft(path, look.shadow(0.6), strength, 0.8, 2.2, 32)


def nose(canvas: Canvas, look: Look, rng: np.random.Generator) -> None:
    """Paint nostrils, wings and the shadow below the tip; the skin shades the bridge."""
    traits = look.traits
    half = rng.normal(9.5, 0.6) + (3.8 if traits["Big_Nose"] else 0) - (1.6 if traits["Pointy_Nose"] else 0)
    low = 26 + rng.normal(0, 0.8) + (1.5 if traits["Big_Nose"] else 0)
    tip = low + (3 if traits["Pointy_Nose"] else 1.5)
    outline = [(0, tip + 1.5), (half * 0.5, low + 1.5), (half * 0.95, low), (half * 0.4, low - 2.5), (0, tip - 2)]
    canvas.soft(closed(mirrored(outline)), look.shadow(0.55), 0.45, 0.7, 0, 42)
    for side in (-1, 1):
        out = side * half
        wing = open_([(out * 0.78, low - 7), (out * 1.08, low - 3), (out * 0.95, low + 1), (out * 0.6, low + 0.5)])
        canvas.soft(wing, look.shadow(0.6), 0.5, 0.4, 1.4, 40)
        hole = closed([(out * 0.28, low), (out * 0.5, low - 1.6), (out * 0.72, low - 0.4), (out * 0.5, low + 0.8)])
        canvas.soft(hole, look.shadow(0.85), 0.8, 0, 0, 42)
    shine = closed([(-2.5, low - 7), (0, low - 9), (2, low - 7), (0, low - 5)])
    canvas.soft(shine, (255, 246, 236), 0.32, 1, 0, 46)
