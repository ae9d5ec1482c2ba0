"""Draw a dataset of faces for the report: some pictures, and the share of each attribute in each split."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from atelier.core import files, pictures, seeds
from atelier.core.spec import Spec

_PREVIEW, _PREVIEW_COLUMNS = 130_000, 10  # pixels, which keeps the PNG below 300 kB, and pictures in a row
_SCALE = 2  # for high-resolution screens
_BAR, _GAP, _WIDTH = 6, 8, 420
_COLOURS = ((46, 95, 138), (222, 143, 62), (120, 160, 110))
_INK, _RULE = (40, 40, 40), (225, 225, 225)


def write(folder: Path, spec: Spec, labels: Mapping[str, np.ndarray], pixels: str, seed: int) -> None:
    """Write `preview.png`, `balance.png` and their captions to a prepared dataset.

    Args:
        folder: the prepared dataset.
        spec: its Spec.
        labels: by split, 0 or 1 of shape ``(n, attributes)``.
        pixels: name of a file of training pictures.
        seed: of the choice of pictures.
    """
    images = np.load(folder / pixels, mmap_mode="r")
    rows = min(max(1, _PREVIEW // (_PREVIEW_COLUMNS * spec.shape[0] ** 2)), 8)
    count = min(rows * _PREVIEW_COLUMNS, len(images))
    chosen = np.sort(seeds.generator(seed, "preview").choice(len(images), count, replace=False))
    pictures.write_png(folder / "preview.png", pictures.grid(images[chosen], _PREVIEW_COLUMNS))
    pictures.write_png(folder / "balance.png", chart(spec.attributes, labels))
    sizes = ", ".join(f"{size:,} {split}" for split, size in spec.sizes.items())
    twin = " Drawn by Atelier's own code: the offline twin." if spec.source == "embedded" else ""
    captions = [
        {"file": "preview.png", "title": "The data", "caption": f"{count} training images ({sizes}).{twin}"},
        {
            "file": "balance.png",
            "title": "The attributes",
            "caption": "The share of pictures with each attribute, by split; the number is the share in train. "
            f"Split by {spec.split_rule}.",
        },
    ]
    files.write_json(folder / "pictures.json", captions)


def chart(attributes: Sequence[str], labels: Mapping[str, np.ndarray]) -> Image.Image:
    """Draw a row for each attribute with a bar for each split, from 0 to 100 %.

    `labels` are 0 or 1 of shape ``(n, attributes)``, by split.
    """
    shares = {split: values.mean(axis=0) for split, values in labels.items()}
    font = ImageFont.load_default(size=12 * _SCALE)
    small = ImageFont.load_default(size=10 * _SCALE)
    names = [name.replace("_", " ") for name in attributes]
    left = round(max(font.getlength(name) for name in names)) + 16 * _SCALE
    top, step = 26 * _SCALE, (len(shares) * _BAR + _GAP) * _SCALE
    bottom = top + len(names) * step
    width = _WIDTH * _SCALE
    picture = Image.new("RGB", (left + width + 44 * _SCALE, bottom + 18 * _SCALE), (255, 255, 255))
    draw = ImageDraw.Draw(picture)
    for percent in range(0, 101, 25):
        x = left + width * percent // 100
        draw.line((x, top, x, bottom), fill=_RULE, width=_SCALE)
        draw.text((x, bottom + 4 * _SCALE), f"{percent} %", fill=_INK, font=small, anchor="mt")
    x = left
    for split, colour in zip(shares, _COLOURS, strict=False):
        draw.rectangle((x, 8 * _SCALE, x + 9 * _SCALE, 17 * _SCALE), fill=colour)
        draw.text((x + 14 * _SCALE, 13 * _SCALE), split, fill=_INK, font=small, anchor="lm")
        x += round(small.getlength(split)) + 32 * _SCALE
    for row, name in enumerate(names):
        y = top + row * step + _GAP * _SCALE // 2
        draw.text((left - 8 * _SCALE, top + row * step + step // 2), name, fill=_INK, font=font, anchor="rm")
        for index, (share, colour) in enumerate(zip(shares.values(), _COLOURS, strict=False)):
            upper = y + index * _BAR * _SCALE
            end = left + round(width * share[row])
            draw.rectangle((left, upper, end, upper + _BAR * _SCALE - 2), fill=colour)
        largest = max(share[row] for share in shares.values())
        train = next(iter(shares.values()))[row]
        x = left + round(width * largest) + 6 * _SCALE
        draw.text((x, top + row * step + step // 2), f"{100 * train:.0f} %", fill=_INK, font=small, anchor="lm")
    return picture
