"""Sheets of samples with fewer columns, so that a narrow screen shows samples at their size instead of a tiny sheet."""

import numpy as np
from PIL import Image

from atelier.core.pictures import grid, to_pil

# The gap of `core.pictures.grid`.
GAP = 2


def columns(size: tuple[int, int], tile: tuple[int, int]) -> int:
    """Return the number of columns of a sheet, `size` and `tile` being width and height; 0 if it is no such sheet.

    >>> columns((478, 178), (28, 28)), columns((480, 178), (28, 28))
    (16, 0)
    """
    counts = [divmod(whole + GAP, part + GAP) for whole, part in zip(size, tile, strict=True)]
    return counts[0][0] if all(rest == 0 for _, rest in counts) else 0


def recut(sheet: Image.Image, tile: tuple[int, int], wanted: int) -> Image.Image:
    """Arrange the samples of a sheet in `wanted` columns; white tiles at its end are no samples."""
    width, height = tile
    pixels = np.asarray(sheet if sheet.mode in ("L", "RGB") else sheet.convert("RGB"))
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    rows = range(0, pixels.shape[0], height + GAP)
    tiles = [pixels[y : y + height, x : x + width] for y in rows for x in range(0, pixels.shape[1], width + GAP)]
    while len(tiles) > 1 and (tiles[-1] == 255).all():
        tiles.pop()
    return to_pil(grid(np.stack(tiles), wanted, GAP))
