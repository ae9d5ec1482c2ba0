"""Tables of pictures with their rows and columns named."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from atelier.core.pictures import grid, to_pil

GAP = 2
MARK = (208, 64, 48)
_SHOWN, _FONT, _LINE, _PAD = 96, 12, 15, 6


def sheet(
    pictures: np.ndarray,
    columns: Sequence[str],
    rows: Sequence[str] = (),
    marked: int | None = None,
    scale: int | None = None,
) -> Image.Image:
    """A table of pictures, with a name above each column and one at the left of each row.

    Args:
        pictures: uint8 ``(rows, columns, h, w, c)``.
        columns: their names, if any; one that is wider than a picture is broken into lines.
        rows: their names; none if there is no margin to be.
        marked: the column to frame.
        scale: how wide a pixel is drawn; by default such that a picture is about 96 wide.
    """
    count, width, height = len(pictures), *pictures.shape[1:3]
    scale = scale or max(1, round(_SHOWN / height))
    font = ImageFont.load_default(size=_FONT)
    body = to_pil(grid(pictures.reshape(-1, *pictures.shape[2:]), width, GAP), scale).convert("RGB")
    step = (pictures.shape[3] + GAP) * scale, (height + GAP) * scale
    headers = [_lines(name, step[0] - _PAD, font) for name in columns]
    top = GAP * scale
    if any(columns):
        top += _PAD + _LINE * max(len(lines) for lines in headers)
    left = 2 * _PAD + max(round(font.getlength(name)) for name in rows) if rows else GAP * scale
    table = Image.new("RGB", (left + body.width + GAP * scale, top + body.height + GAP * scale), "white")
    table.paste(body, (left, top))
    draw = ImageDraw.Draw(table)
    for column, lines in enumerate(headers):
        middle, foot = left + column * step[0] + (step[0] - GAP * scale) // 2, top - GAP * scale - _PAD // 2
        for line, text in enumerate(reversed(lines)):
            draw.text((middle, foot - line * _LINE), text, fill="black", font=font, anchor="ms")
    for row, name in enumerate(rows):
        draw.text((_PAD, top + row * step[1] + step[1] // 2), name, fill="black", font=font, anchor="lm")
    if marked is not None:
        x, far = left + marked * step[0] - GAP * scale, left + (marked + 1) * step[0] - 1
        draw.rectangle((x, top - GAP * scale, far, top + count * step[1] - 1), outline=MARK, width=scale * GAP // 2 + 1)
    return table


def strength(value: float) -> str:
    """A strength with its sign; 0 has none.

    >>> [strength(value) for value in (-1.5, 0.0, 2.0)]
    ['-1.5', '0', '+2']
    """
    return f"{value:+.3g}" if value else "0"


def words(name: str) -> str:
    """An attribute's name as it is read.

    >>> words("Mouth_Slightly_Open")
    'mouth slightly open'
    """
    return name.replace("_", " ").lower()


def _lines(text: str, width: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> list[str]:
    """Break a text between words so that no line but a single word is wider than `width` pixels."""
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines or [""]
