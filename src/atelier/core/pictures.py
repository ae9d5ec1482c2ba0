"""Pictures made from uint8 arrays: grids, labelled rows and PNG files."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from atelier.core import files

# Three bytes each; Pillow warns of larger pictures when it opens them.
MAX_PIXELS = 80_000_000


def grid(images: np.ndarray, columns: int, gap: int = 2) -> np.ndarray:
    """Arrange images, uint8 ``(n, height, width, channels)``, in rows on white, with `gap` pixels between them.

    Returns:
        uint8 of shape ``(rows·(height + gap) − gap, columns·(width + gap) − gap, channels)``.

    >>> grid(np.zeros((5, 4, 4, 1), np.uint8), columns=3, gap=1).shape
    (9, 14, 1)
    """
    if images.ndim != 4 or images.dtype != np.uint8 or len(images) == 0:
        raise ValueError(f"a grid needs uint8 images (n, h, w, c), got {images.dtype} {images.shape}")
    count, height, width, channels = images.shape
    rows = -(-count // columns)
    tiles = np.full((rows * columns, height + gap, width + gap, channels), 255, np.uint8)
    tiles[:count, :height, :width] = images
    sheet = tiles.reshape(rows, columns, height + gap, width + gap, channels).swapaxes(1, 2)
    sheet = sheet.reshape(rows * (height + gap), columns * (width + gap), channels)
    return sheet[: sheet.shape[0] - gap, : sheet.shape[1] - gap]


def grid_size(count: int, columns: int, height: int, width: int, gap: int = 2) -> tuple[int, int]:
    """Return the width and the height of a `grid`."""
    return columns * (width + gap) - gap, -(-count // columns) * (height + gap) - gap


def require_size(width: int, height: int) -> None:
    """Raise `ValueError` if a picture is larger than `MAX_PIXELS`, before memory is allocated for it.

    >>> require_size(40_000, 30_000)
    Traceback (most recent call last):
    ValueError: a picture of 40,000×30,000 pixels, 1,200 million, is too large; allowed are 80 million
    """
    if width * height > MAX_PIXELS:
        size = f"{width:,}×{height:,} pixels, {width * height / 1e6:,.0f} million"
        raise ValueError(f"a picture of {size}, is too large; allowed are {MAX_PIXELS / 1e6:.0f} million")


def to_pil(image: np.ndarray, scale: int = 1) -> Image.Image:
    """Convert a uint8 HWC array with one or three channels to a Pillow image, enlarged `scale` times."""
    require_size(image.shape[1] * scale, image.shape[0] * scale)
    picture = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
    return picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.NEAREST)


def labelled_rows(images: np.ndarray, labels: Sequence[str], columns: int, scale: int = 1) -> Image.Image:
    """Arrange images, uint8 ``(len(labels)·columns, height, width, channels)``, in a grid with a label for each row."""
    sheet = to_pil(grid(images, columns), scale)
    font = ImageFont.load_default(size=12)
    margin = 12 + max(round(font.getlength(label)) for label in labels)
    picture = Image.new(sheet.mode, (margin + sheet.width, sheet.height), 255 if sheet.mode == "L" else (255,) * 3)
    picture.paste(sheet, (margin, 0))
    draw = ImageDraw.Draw(picture)
    step = (images.shape[1] + 2) * scale
    for row, label in enumerate(labels):
        draw.text((4, row * step + step // 2), label, fill=0, font=font, anchor="lm")
    return picture


def write_png(path: Path, picture: np.ndarray | Image.Image, scale: int = 1) -> None:
    """Write a PNG file from a Pillow image or a uint8 HWC array, atomically."""
    if isinstance(picture, np.ndarray):
        picture = to_pil(picture, scale)
    with files.atomic(path) as temporary:
        picture.save(temporary, format="PNG", optimize=True)
