"""Fit a variational autoencoder: the validation split's bound chooses the epoch.

Training images may be distorted a little, so that an encoder learns from more hands than there are (Simard et al.,
2003): each is turned, sheared, scaled and bent, by draws of its own. What validates stays as it is.
"""

import math
from functools import cache
from pathlib import Path

import numpy as np
from scipy import ndimage

from atelier.core import seeds
from atelier.core.params.families.vae import Train
from atelier.pipeline import checkpoint, loop, networks
from atelier.pipeline.batches import Batches, moved
from atelier.pipeline.prepared import Prepared

# Smooth displacements are drawn once and shared out; more of them change nothing that can be seen.
FIELDS, SMOOTHNESS = 512, 1 / 7


def fit(
    network: networks.Network,
    prepared: Prepared,
    params: Train,
    workspace: Path,
    preview: loop.Preview,
    watch: loop.Validate,
) -> checkpoint.Progress:
    """Train `network` on the train split; see `loop.fit`."""

    def augment(batch: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        if params.affine or params.elastic:
            batch = distort(batch, generator, params.affine, params.elastic)
        return moved(batch, generator, 0, flip=True) if params.flip else batch

    changed = params.affine or params.elastic or params.flip
    batches = Batches(
        (prepared.images("train"),),
        params.batch,
        params.seed,
        augment if changed else None,
        params.epochs - params.clean_epochs,
    )
    return loop.fit(
        network.model,
        batches,
        loop.held_out((prepared.images("validation"),)),
        "val_loss",
        params,
        workspace,
        preview=preview,
        preview_epochs=params.preview_epochs,
        watch=watch,
    )


def distort(batch: np.ndarray, generator: np.random.Generator, affine: float, elastic: float) -> np.ndarray:
    """Distort each image about its centre, filling with black.

    Args:
        batch: uint8 ``(n, h, w, c)``.
        generator: of the draws.
        affine: standard deviation of the rotation in degrees, and of scale and shear in percent.
        elastic: standard deviation of the bending displacement, in pixels.

    Returns:
        uint8 of the same shape, by bilinear interpolation.
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
    """Smooth random displacements of unit variance, float32 ``(FIELDS, 2, h, w)``; the same in every process."""
    noise = seeds.generator(0, "elastic fields").standard_normal((FIELDS, 2, height, width))
    smooth = ndimage.gaussian_filter(noise, (0, 0, SMOOTHNESS * height, SMOOTHNESS * width), mode="wrap")
    return (smooth / smooth.std()).astype(np.float32)


def _sample(batch: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Bilinear values of each image at its own ``rows`` and ``columns``, ``(n, h, w)``; black outside."""
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
