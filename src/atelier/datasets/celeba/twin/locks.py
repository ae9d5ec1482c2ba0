"""Draw the measures of a hairstyle, and the strands that give hair its texture."""

from dataclasses import dataclass

import numpy as np

from atelier.datasets.celeba.twin.canvas import Strokes
from atelier.datasets.celeba.twin.colours import Colour, darker, mix
from atelier.datasets.celeba.twin.look import Look
from atelier.datasets.drawing import splines

_STRANDS = 28


@dataclass(frozen=True)
class Cut:
    """The measures of a hairstyle, in pixels."""

    part: float  # position of the parting, from the middle
    volume: float  # distance of the hair from the skull
    wave: float  # amplitude, period and phase of the waves
    period: float
    phase: float
    length: float  # the lowest point of long hair
    swept: bool  # whether short hair is brushed up instead of parted
    strands: np.ndarray  # (strands, 3), random numbers from 0 to 1


def cut(look: Look, rng: np.random.Generator) -> Cut:
    """Draw a hairstyle; waves and length depend on the look."""
    part, volume, wave = rng.choice((-1, 1)) * rng.uniform(2, 24), rng.uniform(7, 13), rng.uniform(3.2, 5.2)
    period, phase, length = rng.uniform(28, 44), rng.uniform(0, 2 * np.pi), rng.uniform(84, 130)
    swept, strands = bool(rng.random() < 0.5), rng.random((_STRANDS, 3))
    if look.traits["Straight_Hair"]:
        wave = 0.0
    elif not look.traits["Wavy_Hair"]:
        wave *= 0.25
    if look.style == "short":
        volume *= 0.85
    if look.style == "bob":
        length = 52 + 0.25 * (length - 84)
    if not look.traits["Young"]:
        volume *= 0.85
    return Cut(float(part), float(volume), float(wave), float(period), float(phase), float(length), swept, strands)


def waved(path: np.ndarray, style: Cut, side: float | np.ndarray, shift: float | np.ndarray) -> np.ndarray:
    """Add waves towards `side` to one or many paths, stronger further down; `shift` moves the waves along the path."""
    y = path[..., 1]
    wave = style.wave * np.clip((y + 40) / 60, 0, 1) * np.sin(2 * np.pi * y / style.period + style.phase + shift)
    return path + np.stack([side * wave, 0 * wave], -1)


def combed(look: Look, style: Cut) -> Strokes:
    """Return the strands on the skull: from the parting to the sides, from the forehead back, or up into a bun."""
    a, b, pick = style.strands.T
    side = np.where(pick > 0.5, 1.0, -1.0)
    if look.style == "bun" or (look.style == "short" and style.swept):
        x = -48 + 96 * a
        y = -24 - 20 * np.sqrt(np.maximum(0, 1 - (x / 50) ** 2))
        away, lean = (0.15, 0.0) if look.style == "bun" else (0.85, 6.0)
        corners = [(x, y), (x * (0.5 + away / 2) + lean / 2, 0 * x - 58), (x * away + lean, 0 * x - 84)]
    else:
        start = style.part * 0.8 + side * 3
        corners = [(start, -46 - 30 * b), (start + side * (10 + 26 * a), -50 - 18 * b)]
        corners += [(side * (44 + 10 * b), -30 - 6 * a), (side * (46 + 9 * b), 6 + 0 * a)]
    return _strokes(look, style, _paths(corners, 5))


def hanging(look: Look, style: Cut, wide: float) -> Strokes:
    """Return the strands of long hair at both sides of the head."""
    a, _, pick = style.strands.T
    side = np.where(pick > 0.5, 1.0, -1.0)
    x = side * (wide - 11 + 15 * a)
    corners = [(0.82 * x, 0 * x - 44), *((x, 0 * x + y) for y in (-14, 20, 52, 84)), (x, 0 * x + 112)]
    shift = np.where(side > 0, 0.0, 1.0)[:, np.newaxis]
    return _strokes(look, style, waved(_paths(corners, 7), style, side[:, np.newaxis], shift))


def fringe(look: Look, style: Cut, lean: float) -> Strokes:
    """Return the strands of bangs."""
    a, _, _ = style.strands.T
    end = -47 + 94 * a
    corners = [(0.45 * end + 0.3 * style.part, 0 * end - 66), (0.8 * end + 0.05 * style.part, 0 * end - 44)]
    corners += [(end, 0 * end - 24), (end + lean, 0 * end - 8)]
    return _strokes(look, style, _paths(corners, 3))


def together(a: Strokes, b: Strokes) -> Strokes:
    """Concatenate strokes whose paths may differ in their number of points."""
    points = max(a.paths.shape[1], b.paths.shape[1])
    paths = [np.pad(s.paths, ((0, 0), (0, points - s.paths.shape[1]), (0, 0)), mode="edge") for s in (a, b)]
    return Strokes(np.concatenate(paths), [*a.widths, *b.widths], [*a.colours, *b.colours])


def _paths(corners: list[tuple[np.ndarray, np.ndarray]], per_segment: int) -> np.ndarray:
    """Return smooth paths through columns of corners: shape ``(strands, points, 2)``."""
    columns = np.array(corners).reshape(len(corners), -1)
    return splines.smooth(columns, per_segment).reshape(-1, 2, _STRANDS).transpose(2, 0, 1)


def _strokes(look: Look, style: Cut, paths: np.ndarray) -> Strokes:
    widths = (0.5 + 0.6 * style.strands[:, 1]).tolist()
    return Strokes(paths, widths, [_tint(look, share) for share in style.strands[:, 1].tolist()])


def _tint(look: Look, share: float) -> Colour:
    """Return the colour of a strand: a broad strand is lighter than the hair, a narrow one darker."""
    if share > 0.5:
        return mix(look.hair, (255, 244, 230), 0.24 * (share - 0.4))
    return darker(look.hair, 0.1 + 0.28 * (0.5 - share))
