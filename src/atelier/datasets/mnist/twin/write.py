"""The offline twin of MNIST: drawn digits in many styles of handwriting.

As in the original (LeCun et al., 1998), each digit is scaled to fit 20×20 pixels, and its centre of mass is shifted to
the centre of 28×28 pixels.
"""

from pathlib import Path

import numpy as np

from atelier.datasets.drawing import warp
from atelier.datasets.formats.idx import writer
from atelier.datasets.formats.idx.params import Embedded
from atelier.datasets.mnist.twin import hands, typeface

_SIZE, _BOX = 28, 20
_PRINTED = 0.08  # share of printed digits
_SOFTNESS = 1.25  # pixels from full ink to none at an edge


def write(directory: Path, params: Embedded) -> None:
    """Write MNIST's four files."""
    writer.write("mnist", draw, directory, params)


def draw(digit: int, rng: np.random.Generator) -> np.ndarray:
    """Draw one digit, white on black: uint8 of shape ``(28, 28)``."""
    centres, radii = _printed(digit) if rng.random() < _PRINTED else _written(digit, rng)
    width, slant, angle = np.exp(rng.normal(0, 0.17)), np.clip(rng.normal(0.16, 0.2), -0.35, 0.6), rng.normal(0, 0.08)
    centres = warp.affine(warp.elastic(rng, reach=0.4, amount=0.044)(centres), width, slant, angle)
    low, high = centres.min(axis=0), centres.max(axis=0)
    pen = float(np.clip(np.exp(rng.normal(np.log(1.2), 0.27)), 0.7, 2.0))
    scale = (_BOX - 2 * pen) / (high - low).max()
    ink = _ink((centres - (low + high) / 2) * scale + (_SIZE - 1) / 2, radii * pen)
    grey = np.rint(ink * rng.uniform(235, 255)).astype(np.uint8)
    return _centred(grey)


def _written(digit: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    ways, probabilities = hands.ways(digit)
    way = ways[rng.choice(len(ways), p=probabilities)]
    points = way.points + rng.normal(0, 0.035, way.points.shape)
    along = np.linspace(0, 2 * np.pi, hands.SAMPLES)
    pressure = 1 + rng.uniform(0, 0.22) * np.cos(rng.uniform(0.5, 2) * along + rng.uniform(0, 2 * np.pi))
    return way.path @ points, pressure


def _printed(digit: int) -> tuple[np.ndarray, np.ndarray]:
    centres, radii = typeface.glyph(digit)
    return centres, 0.9 * radii / np.median(radii)


def _ink(centres: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Compute the share of each pixel that a union of discs covers from the distance to its edge: ``(28, 28)``."""
    pixels = np.arange(_SIZE, dtype=np.float64)[:, np.newaxis]
    across, down = (pixels - centres[:, 0]) ** 2, (pixels - centres[:, 1]) ** 2
    beyond = (np.sqrt(down[:, np.newaxis] + across[np.newaxis]) - radii).min(axis=-1)
    return np.clip(0.5 - beyond / _SOFTNESS, 0, 1)


def _centred(grey: np.ndarray) -> np.ndarray:
    """Shift by whole pixels until the centre of mass is in the middle or the ink reaches the border."""
    places = np.arange(_SIZE) - (_SIZE - 1) / 2
    for axis in (0, 1):
        profile = grey.sum(axis=1 - axis, dtype=np.float64)
        inked = np.flatnonzero(profile)
        shift = -int(np.rint(places @ profile / profile.sum()))
        grey = np.roll(grey, np.clip(shift, -inked[0], _SIZE - 1 - inked[-1]), axis=axis)
    return grey
