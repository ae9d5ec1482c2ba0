"""Pictures, tables and texts with captions: all that a stage lists in `pictures.json`, in that order.

If a picture has a CSV file of the same name beside it, the page shows these numbers as a table instead.
"""

import base64
from bisect import bisect_right
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from xml.etree import ElementTree

from PIL import Image, UnidentifiedImageError

from atelier.core import files
from atelier.report import classes, glossary, sheets, texts
from atelier.report.sources import read_rows, require

# A picture narrower than SMALL is enlarged by a whole factor, with sharp pixels, as far as ENLARGED and TALLEST allow.
SMALL = 560
ENLARGED = 1120
TALLEST = 500
LARGEST_FACTOR = 8
# A larger picture, which may contain small letters, shrinks to this share of its size, but not below LEAST pixels; on
# a narrower screen it scrolls.
SHRUNK, LEAST = 0.6, 480
# A sample is enlarged up to this width, in CSS pixels; a sheet of samples has at most so many columns on a screen that
# is narrower than these widths (in rem).
LARGEST_SAMPLE = 96
COLUMNS = {89.99: 8, 47.99: 4}
# Colour pictures with more bytes than this are re-encoded as JPEG.
HEAVY = 100_000
# The absolute values at which the next tint of a matrix begins.
STRENGTHS = (0.02, 0.1, 0.25, 0.5, 0.75)
# A table with more columns than this, and more columns than rows, is transposed.
MOST_COLUMNS = 10

Tile = tuple[int, int]


class Sheet(NamedTuple):
    """The same samples in fewer columns, for screens of up to `screen` rem; the others are as in `Exhibit`."""

    screen: float
    uri: str
    width: int
    height: int
    natural: int


@dataclass(frozen=True)
class Exhibit:
    """A picture, drawing (SVG), text, table or table of texts with its caption.

    Attributes:
        kind: ``picture``, ``drawing``, ``text``, ``table``, ``matrix`` or ``texts``, which decides the fields that are
            used.
        uri: the picture or drawing as a data URI.
        width, height: its largest size on the page, in CSS pixels.
        natural, least: its width in its own pixels, and its smallest width on the page. Between `natural` and `width`
            it is shown at whole multiples of `natural`.
        sheets: of a sheet of samples, which has a row of its own: what narrower screens show instead.
        rows: the cells of a table or matrix, header first.
    """

    title: str
    caption: str
    kind: str
    uri: str = ""
    width: int = 0
    height: int = 0
    natural: int = 0
    least: int = 0
    pixelated: bool = False
    sheets: tuple[Sheet, ...] | None = None
    text: str = ""
    rows: list[list[str]] = field(default_factory=list)
    text_table: texts.TextTable | None = None


def read(directory: Path, stage: str, tile: Tile | None = None) -> list[Exhibit]:
    """Read all that the `pictures.json` of a directory lists; raise `ValueError` if something is missing or invalid.

    With `tile`, the width and height of a sample in pixels, a sheet of samples (``samples….png``) is enlarged in a row
    of its own.
    """
    listing = require(directory / "pictures.json", stage)
    entries = files.read_json(listing)
    if not isinstance(entries, list):
        raise ValueError(f"{listing}: got {type(entries).__name__}; allowed is a list of pictures")
    return [_read_entry(directory, entry, listing, stage, tile) for entry in entries]


def read_optional(directory: Path, stage: str) -> list[Exhibit]:
    """Read what `read` reads; nothing if the directory lists no exhibits."""
    return read(directory, stage) if (directory / "pictures.json").is_file() else []


def exhibit(path: Path, title: str, caption: str, stage: str, tile: Tile | None = None) -> Exhibit:
    """Read one file. Its suffix selects the kind: `.svg`, `.txt`, `.csv`, `.json` (see `texts`), else a picture."""
    match require(path, stage).suffix.lower():
        case ".txt":
            return Exhibit(title, caption, "text", text=files.read_text(path))
        case ".csv":
            return Exhibit(title, caption, "table", rows=_rows(path))
        case ".json":
            return Exhibit(title, caption, "texts", text_table=texts.read(path))
        case ".svg":
            width, height = _drawing_size(path)
            return Exhibit(
                title, caption, "drawing", _data_uri(path.read_bytes(), "image/svg+xml"), width, height, width
            )
        case _ if path.with_suffix(".csv").is_file():
            return Exhibit(title, caption, "matrix", rows=_matrix(path.with_suffix(".csv")))
        case _:
            return _picture(path, title, caption, tile if path.stem.startswith("samples") else None)


def _read_entry(directory: Path, entry: Any, listing: Path, stage: str, tile: Tile | None) -> Exhibit:
    keys = ("file", "title", "caption")
    if not isinstance(entry, dict) or any(not isinstance(entry.get(key), str) for key in keys):
        raise ValueError(f"{listing}: got {entry!r}; allowed is an object with the texts {', '.join(keys)}")
    name = PurePosixPath(entry["file"])
    if name.is_absolute() or ".." in name.parts:
        raise ValueError(f"{listing}: file: got {entry['file']!r}; allowed is a path inside {directory}")
    return exhibit(directory / name, entry["title"], entry["caption"], stage, tile)


def _rows(path: Path) -> list[list[str]]:
    """Read a table; its header, which becomes the first column of a wide table, is turned into words."""
    header, *body = read_rows(path) or [[]]
    rows = [[glossary.heading(cell) for cell in header], *body]
    widths = {len(row) for row in rows}
    if len(widths) == 1 and max(widths) > max(MOST_COLUMNS, len(rows)):
        rows = [list(column) for column in zip(*rows, strict=True)]
    return rows


def _matrix(path: Path) -> list[list[str]]:
    """Read names and numbers, which are rounded to two decimals and have signs."""
    header, *body = read_rows(path) or [[]]
    return [
        [glossary.humanise(header[0]) if header else "", *map(classes.label, header[1:])],
        *([classes.label(row[0]), *map(_signed, row[1:])] for row in body),
    ]


def _signed(cell: str) -> str:
    try:
        value = float(cell)
    except ValueError:
        return cell
    return f"{value:+.2f}".replace("-", "−") if abs(value) >= 0.005 else "0"


def tint(cell: str) -> str:
    """Return the style class of a number of a matrix: warm above zero, cold below, stronger towards ±1.

    >>> tint("+0.31"), tint("−0.05"), tint("0"), tint("blur")
    ('s3', 'c1', '', '')
    """
    try:
        value = float(cell.replace("−", "-"))
    except ValueError:
        return ""
    strength = bisect_right(STRENGTHS, abs(value))
    return f"{'s' if value > 0 else 'c'}{strength}" if strength else ""


def _picture(path: Path, title: str, caption: str, tile: Tile | None) -> Exhibit:
    try:
        with Image.open(path) as image:
            image.load()
            width, height = image.size
            uri = _encoded(image, path.read_bytes())
            if tile and (columns := sheets.columns(image.size, tile)):
                factor = max(1, LARGEST_SAMPLE // tile[0])
                narrow = tuple(_narrow(image, tile, n, screen) for screen, n in COLUMNS.items() if n < columns)
                return Exhibit(
                    title, caption, "picture", uri, width * factor, height * factor, width,
                    pixelated=factor > 1, sheets=narrow,
                )  # fmt: skip
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise ValueError(f"{path} is not a picture: {error}") from None
    if width >= SMALL:
        least = max(LEAST, round(width * SHRUNK))
        return Exhibit(title, caption, "picture", uri, width, height, width, least)
    factor = max(1, min(LARGEST_FACTOR, ENLARGED // width, TALLEST // height))
    return Exhibit(title, caption, "picture", uri, width * factor, height * factor, width, width, pixelated=True)


def _narrow(image: Image.Image, tile: Tile, columns: int, screen: float) -> Sheet:
    sheet, factor = sheets.recut(image, tile, columns), max(1, LARGEST_SAMPLE // tile[0])
    stream = BytesIO()
    sheet.save(stream, "PNG", optimize=True)
    uri = _encoded(sheet, stream.getvalue())
    return Sheet(screen, uri, sheet.width * factor, sheet.height * factor, sheet.width)


def _encoded(image: Image.Image, content: bytes) -> str:
    """Return the data URI of a picture file, or of a JPEG of it if it is heavy."""
    if image.mode == "RGB" and len(content) > HEAVY:
        return _jpeg(image)
    return _data_uri(content, Image.MIME.get(image.format or "PNG"))


def _jpeg(image: Image.Image) -> str:
    """Encode a photograph as JPEG: a tenth of the bytes of PNG, without a visible difference."""
    stream = BytesIO()
    image.save(stream, "JPEG", quality=90, subsampling=0)
    return _data_uri(stream.getvalue(), "image/jpeg")


def _drawing_size(path: Path) -> tuple[int, int]:
    try:
        root = ElementTree.parse(path).getroot()
        _, _, width, height = (float(part) for part in root.get("viewBox", "").replace(",", " ").split())
    except (ElementTree.ParseError, ValueError) as error:
        raise ValueError(f"{path} is not an SVG with a viewBox: {error}") from None
    return round(width), round(height)


def _data_uri(content: bytes, kind: str | None) -> str:
    return f"data:{kind or 'application/octet-stream'};base64,{base64.b64encode(content).decode('ascii')}"
