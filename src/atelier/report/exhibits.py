"""Pictures and what is written under them, as the stages list them in `pictures.json`.

The report knows neither families nor datasets: whatever a stage lists is shown, in its order.
"""

import base64
import csv
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree import ElementTree

from PIL import Image, UnidentifiedImageError

from atelier.core import files
from atelier.report import writing as texts
from atelier.report.sources import require

# A picture narrower than this may be enlarged, with hard pixels, up to a whole factor.
SMALL = 400
ENLARGED = 960
LARGEST_FACTOR = 8
# Bytes above which a picture in colour is re-encoded.
HEAVY = 100_000


@dataclass(frozen=True)
class Exhibit:
    """One thing to show.

    Attributes:
        kind: ``picture``, ``drawing`` (SVG), ``text``, ``table`` or ``writing``.
        uri: the picture as a data URI.
        width, height: what it takes on the page at most, in CSS pixels.
        pixelated: it may be shown larger than it is.
        text: the text of a ``text``.
        rows: the cells of a ``table``, its head first.
        writing: the texts of a ``writing``.
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
    writing: texts.Writing | None = None

    @property
    def ratio(self) -> float:
        """Width by height: pictures of one row share its width by it, and so are equally high."""
        return round(self.width / self.height, 3)


def read(directory: Path, stage: str) -> list[Exhibit]:
    """What `directory` shows, in the order of its `pictures.json`.

    Raises:
        ValueError: the list or a file is missing or not what it should be; the message names the stage.
    """
    listing = require(directory / "pictures.json", stage)
    entries = files.read_json(listing)
    if not isinstance(entries, list):
        raise ValueError(f"{listing}: got {type(entries).__name__}; a list of pictures is expected")
    return [_read_entry(directory, entry, listing, stage) for entry in entries]


def exhibit(path: Path, title: str, caption: str, stage: str) -> Exhibit:
    """Show one file, by its suffix: PNG, JPEG and the like, `.svg`, `.txt`, `.csv` or `.json` (see `writing`)."""
    match require(path, stage).suffix.lower():
        case ".txt":
            return Exhibit(title, caption, "text", text=path.read_text(encoding="utf-8"))
        case ".csv":
            with path.open(newline="", encoding="utf-8") as file:
                return Exhibit(title, caption, "table", rows=list(csv.reader(file)))
        case ".json":
            return Exhibit(title, caption, "writing", writing=texts.read(path))
        case ".svg":
            width, height = _drawing_size(path)
            return Exhibit(title, caption, "drawing", _data_uri(path.read_bytes(), "image/svg+xml"), width, height)
        case _:
            return _picture(path, title, caption)


def _read_entry(directory: Path, entry: Any, listing: Path, stage: str) -> Exhibit:
    keys = ("file", "title", "caption")
    if not isinstance(entry, dict) or any(not isinstance(entry.get(key), str) for key in keys):
        raise ValueError(f"{listing}: got {entry!r}; an object with the texts {', '.join(keys)} is expected")
    name = PurePosixPath(entry["file"])
    if name.is_absolute() or ".." in name.parts:
        raise ValueError(f"{listing}: file is {entry['file']!r}; a path inside {directory} is expected")
    return exhibit(directory / name, entry["title"], entry["caption"], stage)


def _picture(path: Path, title: str, caption: str) -> Exhibit:
    try:
        with Image.open(path) as image:
            image.load()
            width, height, kind = image.width, image.height, image.get_format_mimetype()
            photograph = image.mode == "RGB" and path.stat().st_size > HEAVY
            uri = _as_jpeg(image) if photograph else _data_uri(path.read_bytes(), kind)
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise ValueError(f"{path} is no picture: {error}") from None
    factor = max(1, min(LARGEST_FACTOR, ENLARGED // width)) if width < SMALL else 1
    return Exhibit(title, caption, "picture", uri, width * factor, height * factor, factor > 1)


def _as_jpeg(image: Image.Image) -> str:
    """Photographs travel as JPEG, at a tenth of the weight and without a visible difference."""
    stream = BytesIO()
    image.save(stream, "JPEG", quality=90, subsampling=0)
    return _data_uri(stream.getvalue(), "image/jpeg")


def _drawing_size(path: Path) -> tuple[int, int]:
    try:
        root = ElementTree.parse(path).getroot()
        _, _, width, height = (float(part) for part in root.get("viewBox", "").replace(",", " ").split())
    except (ElementTree.ParseError, ValueError) as error:
        raise ValueError(f"{path} is no SVG with a viewBox: {error}") from None
    return round(width), round(height)


def _data_uri(content: bytes, kind: str | None) -> str:
    return f"data:{kind or 'application/octet-stream'};base64,{base64.b64encode(content).decode('ascii')}"
