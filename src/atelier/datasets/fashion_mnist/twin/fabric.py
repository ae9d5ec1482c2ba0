"""Tones, shading, folds and prints of garments, as fields over the canvas."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from atelier.datasets.fashion_mnist.twin.canvas import X, Y

_BRIGHTNESS = {"light": (0.76, 1.0), "middle": (0.5, 0.76), "dark": (0.24, 0.5)}


def tone(rng: np.random.Generator) -> float:
    """Draw the brightness of a cloth: mostly light, sometimes dark, never black."""
    low, high = _BRIGHTNESS[pick(rng, {"light": 5, "middle": 3, "dark": 2})]
    return float(rng.uniform(low, high))


def contrast(rng: np.random.Generator, base: float) -> float:
    """Draw a tone that contrasts with `base`."""
    step = rng.uniform(0.22, 0.5)
    return float(base - step if base - step > 0.1 and (base + step > 1 or rng.random() < 0.6) else min(base + step, 1))


def pick(rng: np.random.Generator, weights: Mapping[str, float]) -> str:
    """Draw one of the keys by weight."""
    keys = list(weights)
    place = np.searchsorted(np.cumsum(list(weights.values())), rng.random() * sum(weights.values()), side="right")
    return keys[min(int(place), len(keys) - 1)]


def cloth(rng: np.random.Generator, base: float, prints: Mapping[str, float], round_by: float = 0.5) -> np.ndarray:
    """Draw a cloth of brightness `base`: a print (by weight), folds, and the shading of a round body.

    `round_by` is how much darker the cloth is at the sides than in the middle. Returns tones of shape ``(56, 56)``.
    """
    surface = _PRINTS[pick(rng, prints)](rng, base)
    light = 1.04 - round_by * (X - 0.5) ** 2 * 4 + rng.uniform(-0.12, 0.12) * (Y - 0.5)
    depth, across, down = rng.uniform(0.01, 0.06), rng.uniform(4, 22, 3), rng.uniform(-9, 9, 3)
    folds = 1 + depth * _waves(across, down, rng.uniform(0, 2 * np.pi, 3))
    return surface * light * folds


def _waves(across: np.ndarray, down: np.ndarray, phases: np.ndarray) -> np.ndarray:
    """Sum cos(across·x + down·y + phase), by the addition theorem from one row and one column per wave."""
    row, column = X.T * across, Y * down + phases
    return np.cos(column) @ np.cos(row).T - np.sin(column) @ np.sin(row).T


def _edge(wave: np.ndarray, sharp: float = 4.0) -> np.ndarray:
    return 0.5 + 0.5 * np.tanh(sharp * wave)


def _stripes(across: np.ndarray, rng: np.random.Generator, base: float) -> np.ndarray:
    wave = np.cos(2 * np.pi * (rng.uniform(3.5, 8) * across + rng.random())) + rng.uniform(-0.6, 0.4)
    return _mix(rng, base, _edge(wave) + 0 * (X + Y))


def _check(rng: np.random.Generator, base: float) -> np.ndarray:
    count, phases = rng.uniform(3.5, 7), rng.random(2)
    bars = [_edge(np.cos(2 * np.pi * (count * axis + phase)), 2.0) for axis, phase in zip((X, Y), phases, strict=True)]
    return _mix(rng, base, (bars[0] + bars[1]) / 2)


def _dots(rng: np.random.Generator, base: float) -> np.ndarray:
    count, phases = rng.uniform(5, 8), rng.uniform(0, 2 * np.pi, 2)
    u, v = 2 * np.pi * count * X + phases[0], 2 * np.pi * count * Y + phases[1]
    return _mix(rng, base, _edge(np.cos(u) * np.cos(v) - 0.35, 6.0))


def _flowers(rng: np.random.Generator, base: float) -> np.ndarray:
    across, down = rng.standard_normal((2, 10)) * rng.uniform(18, 32)
    field = _waves(across, down, rng.uniform(0, 2 * np.pi, 10))
    return _mix(rng, base, _edge(field / 2 - rng.uniform(0, 0.5), 2.0))


def _faded(rng: np.random.Generator, base: float) -> np.ndarray:
    spot = np.exp(-(((X - 0.5) / 0.2) ** 2) - ((Y - rng.uniform(0.3, 0.7)) / 0.25) ** 2)
    return _mix(rng, base, 0.6 * spot)


def _mix(rng: np.random.Generator, base: float, share: np.ndarray) -> np.ndarray:
    return base + (contrast(rng, base) - base) * rng.uniform(0.5, 1) * share


_PRINTS: dict[str, Callable[[np.random.Generator, float], np.ndarray]] = {
    "plain": lambda rng, base: np.full((Y.size, X.size), base),
    "hoops": partial(_stripes, Y),
    "pinstripes": partial(_stripes, X),
    "check": _check,
    "dots": _dots,
    "flowers": _flowers,
    "blocks": lambda rng, base: _mix(rng, base, _edge((Y - rng.uniform(0.3, 0.65)) * 30 + 0 * X)),
    "faded": _faded,
}
