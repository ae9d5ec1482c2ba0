"""Hair: the part behind the head, and the part in front with the hairline and the sides."""

import numpy as np

from atelier.datasets.celeba.twin import locks
from atelier.datasets.celeba.twin.canvas import Canvas, blob, closed, mirrored, open_
from atelier.datasets.celeba.twin.locks import Cut, waved
from atelier.datasets.celeba.twin.look import Look

_SHADE = np.array((0.75, 0.85, 0.9), np.float32)
_SHINE = np.array((30, 27, 26), np.float32)

_BUN = ((-15, -80), (-10, -94), (6, -96), (16, -86), (14, -72), (-12, -72))
# Hairlines from the left ear over the forehead to the right ear.
_PULLED_BACK = mirrored([(-50, 14), (-47, 0), (-46, -16), (-38, -35), (-18, -45), (0, -47)])
_BRUSHED_UP = mirrored([(-50, 10), (-46, 2), (-46.5, -14), (-42, -31), (-30, -43), (-14, -45), (0, -46)])
# fmt: off
_PARTED = ((-50, 10), (-46, 2), (-46.5, -14), (-43, -28), (-34, -38), (-6, -43), (16, -45), (27, -50), (37, -37),
           (44, -26), (46.5, -14), (46, 2), (50, 10))
# Offsets of the points of `_BRUSHED_UP` in a receding hairline: largest above the temples.
_RECEDING = ((0, 0), (0, 0), (0, 0), (1, -8), (9, -14), (3, -6), (0, -4), (-3, -6), (-9, -14), (-1, -8), (0, 0), (0, 0),
             (0, 0))
# fmt: on


def back(canvas: Canvas, look: Look, cut: Cut) -> None:
    """Paint the hair behind head and neck."""
    if look.traits["Bald"] or look.style == "short":
        return
    if look.style == "bun":
        canvas.paint([closed(_BUN)], _field(canvas, look, 0.1))
        return
    wide, low = 56 + cut.volume * 0.55, cut.length
    side = [(30.0, -66.0), (wide - 8, -44.0), (wide - 1, -10.0), (wide + 1, 20.0), (wide + 1, 48.0)]
    if look.style == "long":
        side += [(wide + 3, 74.0), (wide + 2, low - 8), (wide - 10, low + 6), (30.0, low + 4)]
    else:
        side += [(wide - 3, low - 4), (wide - 16, low + 7), (32.0, low + 3)]
    path = open_(side, 9)
    left = waved(path, cut, 1, 1.0) * [-1, 1]
    outline = np.concatenate([waved(path, cut, 1, 0.0), left[::-1]])
    canvas.paint([outline], _field(canvas, look, 0.34), 0, locks.hanging(look, cut, wide))


def front(canvas: Canvas, look: Look, cut: Cut) -> None:
    """Paint the hair in front: on the skull, at the sides of the face, and bangs."""
    if look.traits["Bald"]:
        return
    hairline = open_(_hairline(look, cut), 5)
    outlines = [np.concatenate([open_(_crown(look, cut), 6), hairline])]
    strokes = locks.combed(look, cut)
    if look.style in ("long", "bob"):
        outlines += [_curtain(look, cut, side) for side in (-1, 1)]
        strokes = locks.together(strokes, locks.hanging(look, cut, 54))
    if not look.traits["Bangs"]:
        canvas.soft(hairline + np.array((0, 3)), look.shadow(0.6), 0.4, 1.5, 3.5)
    canvas.paint(outlines, _field(canvas, look, 0.0), 6, strokes)
    if look.traits["Bangs"]:
        _bangs(canvas, look, cut)


def _field(canvas: Canvas, look: Look, shade: float) -> np.ndarray:
    """Shade the hair: a band of light around the skull, and darker below and away from the light."""
    u, v = canvas.pose.grid(6)
    side = np.abs(u)
    dark = shade + 0.2 * np.clip((v + 20) / 110, 0, 1) + 0.12 * np.clip(side / 60, 0, 1) - 0.13 / 56 * look.light[0] * u
    sheen = np.exp(-(((v + 0.006 * u**2 + 52 - 0.08 * look.light[0] * u) / 9) ** 2))
    sheen *= 0.8 + 0.2 * np.sin(0.9 * u)
    sheen += 0.5 * blob(side, v, 58, 30, 5, 40)
    base = np.array(look.hair, np.float32)
    field = base * (1 - np.clip(dark, -0.1, 0.9)[..., np.newaxis] * _SHADE)
    light = np.minimum(base * 1.22 + _SHINE, 255)
    return field + (light - field) * (0.6 * (1 - shade) * sheen)[..., np.newaxis]


def _crown(look: Look, cut: Cut) -> list[tuple[float, float]]:
    """Return the outer outline of the hair on the skull, from the right ear to the left ear."""
    lift = cut.volume
    if look.style == "short":
        sides = [(50.5, 10.0), (54.0, -12.0), (51 + 0.2 * lift, -40.0), (32.0, -64 - 0.7 * lift)]
        top = (-0.12 * cut.part, -69 - lift - (4 if cut.swept else 0))
    else:
        wide = 53 + (0.3 * lift if look.style != "bun" else 0)
        sides = [(50.0, 14.0), (wide, -8.0), (wide - 2, -38.0), (33.0, -62 - 0.7 * lift)]
        top = (0.5 * cut.part, -68 - lift)
    return [*sides, top, *((-x, y) for x, y in sides[::-1])]


def _hairline(look: Look, cut: Cut) -> np.ndarray:
    receding, part = look.traits["Receding_Hairline"], cut.part
    if look.style == "short":
        if receding:
            return np.add(_BRUSHED_UP, _RECEDING)
        if cut.swept:
            return _BRUSHED_UP
        line = np.array(_PARTED, dtype=np.float64)
        return line if part > 0 else line[::-1] * [-1, 1]
    line = _PULLED_BACK.copy()
    if look.style != "bun":
        line[:3], line[-3:] = [(-50, 14), (-47.5, -2), (-42, -20)], [(42, -20), (47.5, -2), (50, 14)]
        line[3:-3] = [(part - 24, -38), (part - 7, -47), (part, -54), (part + 7, -47), (part + 24, -38)]
    if receding:
        line[3:-3, 1] -= 8
    return line


def _curtain(look: Look, cut: Cut, side: int) -> np.ndarray:
    """Return the outline of the hair that falls from the parting past the cheek."""
    wide, low = 54 + cut.volume * 0.5, min(cut.length, 112.0)
    inner = [(cut.part * side + 12, -50.0), (38.0, -26.0), (45.0, -4.0), (45.5, 20.0), (44.0, 42.0)]
    outer = [(wide, -20.0), (wide + 1, 20.0), (wide + 1, 48.0)]
    if look.style == "long":
        inner += [(45.0, 60.0), (47.0, 84.0), (49.0, low)]
        outer += [(wide + 2, 76.0), (wide - 2, low)]
    else:
        inner += [(43.0, min(58.0, low))]
        outer += [(wide - 6, low + 1)]
    shift = 0.0 if side > 0 else 1.0
    path = np.concatenate([waved(open_(inner, 8), cut, 0.8, shift), waved(open_(outer, 12), cut, 1, shift)[::-1]])
    return path * [side, 1]


def _bangs(canvas: Canvas, look: Look, cut: Cut) -> None:
    """Paint locks down to the brows, with uneven tips."""
    lean = np.sign(cut.part) * (5 if cut.swept else 1.5)
    x = np.linspace(-45, 45, 10)[:-1]
    y = -15 + 0.0035 * (x + 5) ** 2 + 4 * (cut.strands[:9, 0] - 0.5)
    teeth = np.stack([np.stack([x, y - 1.5], 1), np.stack([x + 5 + lean, y + 4], 1)], 1).reshape(-1, 2)
    rim = np.concatenate([teeth, [(45, -14)]])
    over = open_([(51, -2), (49, -36), (28, -62), (0, -68), (-28, -62), (-49, -36), (-51, -2)], 5)
    canvas.soft(rim + np.array((0, 2.5)), look.shadow(0.65), 0.5, 1.2, 3, 14)
    canvas.paint([np.concatenate([over, rim])], _field(canvas, look, 0.04), 14, locks.fringe(look, cut, lean))
