"""Draw tables of pictures with names of rows and columns."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from atelier.core.pictures import grid, to_pil

GAP = 2
MARK = (208, 64, 48)
# Width of a picture, size of the font, height of a line and padding, in pixels.
_WIDTH, _FONT, _LINE, _PAD = 96, 12, 15, 6


def sheet(
    pictures: np.ndarray,
    columns: Sequence[str],
    rows: Sequence[str] = (),
    marked: int | None = None,
    scale: int | None = None,
) -> Image.Image:
    """Draw a table of pictures, with a name above each column and at the left of each row.

    Args:
        pictures: uint8 ``(rows, columns, h, w, c)``.
        columns: names of the columns; a name that is wider than a picture is broken into lines.
        rows: names of the rows; without names there is no margin.
        marked: index of the column to frame.
        scale: side of a pixel in the table; by default a picture is about 96 pixels wide.
    """
    count, width, height = len(pictures), *pictures.shape[1:3]
    scale = scale or max(1, round(_WIDTH / height))
    font = ImageFont.load_default(size=_FONT)
    body = to_pil(grid(pictures.reshape(-1, *pictures.shape[2:]), width, GAP), scale).convert("RGB")
    step = (pictures.shape[3] + GAP) * scale, (height + GAP) * scale
    headers = [_lines(name, step[0] - _PAD, font) for name in columns]
    top = GAP * scale + (_PAD + _LINE * max(map(len, headers)) if any(columns) else 0)
    left = 2 * _PAD + max(round(font.getlength(name)) for name in rows) if rows else GAP * scale
    table = Image.new("RGB", (left + body.width + GAP * scale, top + body.height + GAP * scale), "white")
    table.paste(body, (left, top))
    draw = ImageDraw.Draw(table)
    for column, lines in enumerate(headers):
        middle, bottom = left + column * step[0] + (step[0] - GAP * scale) // 2, top - GAP * scale - _PAD // 2
        for line, text in enumerate(reversed(lines)):
            draw.text((middle, bottom - line * _LINE), text, fill="black", font=font, anchor="ms")
    for row, name in enumerate(rows):
        draw.text((_PAD, top + row * step[1] + step[1] // 2), name, fill="black", font=font, anchor="lm")
    if marked is not None:
        x, right = left + marked * step[0] - GAP * scale, left + (marked + 1) * step[0] - 1
        bottom = top + count * step[1] - 1
        draw.rectangle((x, top - GAP * scale, right, bottom), outline=MARK, width=scale * GAP // 2 + 1)
    return table


def strength(value: float) -> str:
    """Format a strength with its sign; 0 has none.

    >>> [strength(value) for value in (-1.5, 0.0, 2.0)]
    ['-1.5', '0', '+2']
    """
    return f"{value:+.3g}" if value else "0"


def words(name: str) -> str:
    """Format the name of an attribute as words.

    >>> words("Mouth_Slightly_Open")
    'mouth slightly open'
    """
    return name.replace("_", " ").lower()


def _lines(text: str, width: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> list[str]:
    """Break a text into lines of at most `width` pixels, except for single words that are wider."""
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines or [""]
