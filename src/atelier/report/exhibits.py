"""Pictures, tables and texts with captions: all that a stage lists in `pictures.json`, in that order."""

import base64
import csv
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree import ElementTree

from PIL import Image, UnidentifiedImageError

from atelier.core import files
from atelier.report import texts
from atelier.report.sources import require

# A picture narrower than SMALL may be enlarged by a whole factor, with sharp pixels.
SMALL = 400
ENLARGED = 960
LARGEST_FACTOR = 8
# Colour pictures with more bytes than this are re-encoded as JPEG.
HEAVY = 100_000
# A table with more columns than this, and more columns than rows, is transposed.
MOST_COLUMNS = 10


@dataclass(frozen=True)
class Exhibit:
    """A picture, drawing (SVG), text, table or table of texts with its caption.

    Attributes:
        kind: ``picture``, ``drawing``, ``text``, ``table`` or ``texts``, which decides the fields that are used.
        uri: the picture or drawing as a data URI.
        width, height: its largest size on the page, in CSS pixels.
        rows: the cells of a table, header first.
    """

    title: str
    caption: str
    kind: str
    uri: str = ""
    width: int = 0
    height: int = 0
    pixelated: bool = False
    text: str = ""
    rows: list[list[str]] = field(default_factory=list)
    text_table: texts.TextTable | None = None

    @property
    def ratio(self) -> float:
        """Width divided by height: the pictures of a row have widths in this ratio, and so equal heights."""
        return round(self.width / self.height, 3)


def read(directory: Path, stage: str) -> list[Exhibit]:
    """Read all that the `pictures.json` of a directory lists; raise `ValueError` if something is missing or invalid."""
    listing = require(directory / "pictures.json", stage)
    entries = files.read_json(listing)
    if not isinstance(entries, list):
        raise ValueError(f"{listing}: got {type(entries).__name__}; allowed is a list of pictures")
    return [_read_entry(directory, entry, listing, stage) for entry in entries]


def exhibit(path: Path, title: str, caption: str, stage: str) -> Exhibit:
    """Read one file. Its suffix selects the kind: `.svg`, `.txt`, `.csv`, `.json` (see `texts`), else a picture."""
    match require(path, stage).suffix.lower():
        case ".txt":
            return Exhibit(title, caption, "text", text=path.read_text(encoding="utf-8"))
        case ".csv":
            return Exhibit(title, caption, "table", rows=_rows(path))
        case ".json":
            return Exhibit(title, caption, "texts", text_table=texts.read(path))
        case ".svg":
            width, height = _drawing_size(path)
            return Exhibit(title, caption, "drawing", _data_uri(path.read_bytes(), "image/svg+xml"), width, height)
        case _:
            return _picture(path, title, caption)


def _read_entry(directory: Path, entry: Any, listing: Path, stage: str) -> Exhibit:
    keys = ("file", "title", "caption")
    if not isinstance(entry, dict) or any(not isinstance(entry.get(key), str) for key in keys):
        raise ValueError(f"{listing}: got {entry!r}; allowed is an object with the texts {', '.join(keys)}")
    name = PurePosixPath(entry["file"])
    if name.is_absolute() or ".." in name.parts:
        raise ValueError(f"{listing}: file: got {entry['file']!r}; allowed is a path inside {directory}")
    return exhibit(directory / name, entry["title"], entry["caption"], stage)


def _rows(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    widths = {len(row) for row in rows}
    wide = len(widths) == 1 and max(widths) > max(MOST_COLUMNS, len(rows))
    return [list(column) for column in zip(*rows, strict=True)] if wide else rows


def _picture(path: Path, title: str, caption: str) -> Exhibit:
    try:
        with Image.open(path) as image:
            image.load()
            width, height = image.size
            as_jpeg = image.mode == "RGB" and path.stat().st_size > HEAVY
            uri = _jpeg(image) if as_jpeg else _data_uri(path.read_bytes(), image.get_format_mimetype())
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise ValueError(f"{path} is not a picture: {error}") from None
    factor = max(1, min(LARGEST_FACTOR, ENLARGED // width)) if width < SMALL else 1
    return Exhibit(title, caption, "picture", uri, width * factor, height * factor, factor > 1)


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
