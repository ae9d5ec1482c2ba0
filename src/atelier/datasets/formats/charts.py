"""Draw the share of each attribute, or of each class, in each split of a dataset."""

from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_SCALE = 2  # for high-resolution screens
_BAR, _GAP, _WIDTH = 6, 8, 420
_COLOURS = ((46, 95, 138), (222, 143, 62), (120, 160, 110))
_INK, _RULE = (40, 40, 40), (225, 225, 225)


def shares(rows: Sequence[str], labels: Mapping[str, np.ndarray]) -> Image.Image:
    """Draw a row for each attribute or class, with a bar for each split, from 0 to 100 %.

    `labels` are 0 or 1 of shape ``(n, rows)``, by split.
    """
    means = {split: values.mean(axis=0) for split, values in labels.items()}
    font = ImageFont.load_default(size=12 * _SCALE)
    small = ImageFont.load_default(size=10 * _SCALE)
    names = [name.replace("_", " ") for name in rows]
    left = round(max(font.getlength(name) for name in names)) + 16 * _SCALE
    top, step = 26 * _SCALE, (len(means) * _BAR + _GAP) * _SCALE
    bottom = top + len(names) * step
    width = _WIDTH * _SCALE
    picture = Image.new("RGB", (left + width + 44 * _SCALE, bottom + 18 * _SCALE), (255, 255, 255))
    draw = ImageDraw.Draw(picture)
    for percent in range(0, 101, 25):
        x = left + width * percent // 100
        draw.line((x, top, x, bottom), fill=_RULE, width=_SCALE)
        draw.text((x, bottom + 4 * _SCALE), f"{percent} %", fill=_INK, font=small, anchor="mt")
    x = left
    for split, colour in zip(means, _COLOURS, strict=False):
        draw.rectangle((x, 8 * _SCALE, x + 9 * _SCALE, 17 * _SCALE), fill=colour)
        draw.text((x + 14 * _SCALE, 13 * _SCALE), split, fill=_INK, font=small, anchor="lm")
        x += round(small.getlength(split)) + 32 * _SCALE
    for row, name in enumerate(names):
        y = top + row * step + _GAP * _SCALE // 2
        draw.text((left - 8 * _SCALE, top + row * step + step // 2), name, fill=_INK, font=font, anchor="rm")
        for index, (share, colour) in enumerate(zip(means.values(), _COLOURS, strict=False)):
            upper = y + index * _BAR * _SCALE
            end = left + round(width * share[row])
            draw.rectangle((left, upper, end, upper + _BAR * _SCALE - 2), fill=colour)
        largest = max(share[row] for share in means.values())
        train = next(iter(means.values()))[row]
        x = left + round(width * largest) + 6 * _SCALE
        draw.text((x, top + row * step + step // 2), f"{100 * train:.0f} %", fill=_INK, font=small, anchor="lm")
    return picture
