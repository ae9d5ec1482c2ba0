"""The training of a variational autoencoder; the epoch with the lowest validation loss is kept.

Training images can be rotated, sheared, scaled and bent by random amounts (Simard et al., 2003), which adds variants of
handwriting that the data lack.
"""

import math
from functools import cache

import numpy as np
from scipy import ndimage

from atelier.core import seeds
from atelier.core.prepared import Prepared
from atelier.families.vae.params import Train
from atelier.modalities.images import conditions
from atelier.networks.network import Network
from atelier.training import loop
from atelier.training.batches import Batches, shift_and_flip
from atelier.training.plan import Plan

# Number of displacement fields, which are drawn once and reused, and their smoothness as a share of the image's side.
FIELDS, SMOOTHNESS = 512, 1 / 7


def train(network: Network, prepared: Prepared, params: Train) -> Plan:
    """Plan the training of `network` on the train split."""

    def augment(batch: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        if params.affine or params.elastic:
            batch = distort(batch, generator, params.affine, params.elastic)
        return shift_and_flip(batch, generator, 0, flip=True) if params.flip else batch

    changed = params.affine or params.elastic or params.flip
    images, augmented = prepared.images("train"), params.epochs - params.clean_epochs
    told = conditions.fill_table(network, prepared)
    batches = Batches((images,), params.batch, params.seed, augment if changed else None, augmented, told)
    of_validation = conditions.told(network, prepared, "validation")
    validate = loop.held_out(network.model, (prepared.images("validation"),), of_validation)
    return Plan(network.model, batches, validate, monitor="val_loss")


def distort(batch: np.ndarray, generator: np.random.Generator, affine: float, elastic: float) -> np.ndarray:
    """Distort images, uint8 ``(n, h, w, c)``, about their centres, with bilinear interpolation; fill with black.

    Args:
        affine: standard deviation of the rotation in degrees, and of scale and shear in percent.
        elastic: standard deviation of the bending displacement, in pixels.
    """
    count, height, width, _ = batch.shape
    angle, stretch_y, stretch_x, shear = generator.normal(0, affine / 100, (4, count, 1, 1)).astype(np.float32)
    angle *= 100 * math.pi / 180
    y = np.arange(height, dtype=np.float32)[:, None] - (height - 1) / 2
    x = np.arange(width, dtype=np.float32)[None, :] - (width - 1) / 2
    bend = elastic * _fields(height, width)[generator.integers(0, FIELDS, count)]
    rows = (1 + stretch_y) * (np.cos(angle) * y + np.sin(angle) * x) + bend[:, 0] + (height - 1) / 2
    columns = (1 + stretch_x) * (np.cos(angle) * x - np.sin(angle) * y) + shear * y + bend[:, 1] + (width - 1) / 2
    return _sample(batch, rows, columns)


@cache
def _fields(height: int, width: int) -> np.ndarray:
    """Draw smooth displacements of unit variance, float32 ``(FIELDS, 2, h, w)``; equal in every process."""
    noise = seeds.generator(0, "elastic fields").standard_normal((FIELDS, 2, height, width))
    smooth = ndimage.gaussian_filter(noise, (0, 0, SMOOTHNESS * height, SMOOTHNESS * width), mode="wrap")
    return (smooth / smooth.std()).astype(np.float32)


def _sample(batch: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Interpolate each image bilinearly at its own ``rows`` and ``columns``, ``(n, h, w)``; black outside."""
    count, height, width, channels = batch.shape
    padded = np.pad(batch, ((0, 0), (1, 2), (1, 2), (0, 0))).astype(np.float32).reshape(-1, channels)
    rows, columns = np.clip(rows, -1, height) + 1, np.clip(columns, -1, width) + 1
    top, left = rows.astype(np.int32), columns.astype(np.int32)
    down, right = (rows - top)[..., None], (columns - left)[..., None]
    stride = width + 3
    corner = (np.arange(count, dtype=np.int32)[:, None, None] * (height + 3) + top) * stride + left
    upper = padded[corner] * (1 - right) + padded[corner + 1] * right
    lower = padded[corner + stride] * (1 - right) + padded[corner + stride + 1] * right
    return np.rint(upper * (1 - down) + lower * down).astype(np.uint8)
