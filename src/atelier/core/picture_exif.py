"""Read the EXIF orientation of a picture, whatever its other tags contain."""

import re
import struct
from typing import Any

from PIL import Image
from PIL.ExifTags import Base
from PIL.JpegImagePlugin import JpegImageFile
from PIL.TiffImagePlugin import TiffImageFile

# How to turn the stored pixels for each orientation.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Formats of Pillow for pictures that its own readers refuse because of an odd resolution among their tags.
WITHOUT_RESOLUTION = ("JPEG WITHOUT RESOLUTION", "TIFF WITHOUT RESOLUTION")
_NUMBERS = {1: "B", 3: "H", 4: "L"}  # types of integers: byte, short, long


class _Jpeg(JpegImageFile):
    def getexif(self) -> Image.Exif:
        return Image.Exif()


class _Tiff(TiffImageFile):
    def _setup(self) -> None:
        for tag in (Base.XResolution, Base.YResolution):
            del self.tag_v2[tag]
        super()._setup()


for _name, _format, _reader in zip(WITHOUT_RESOLUTION, ("JPEG", "TIFF"), (_Jpeg, _Tiff), strict=True):
    Image.register_open(_name, _reader, Image.OPEN[_format][1])


def orientation(picture: Image.Image) -> Any:
    """Return the orientation of a picture that is not a TIFF: a key of `TURNS`, or another value if it is upright."""
    if "exif" in picture.info and (found := _tag(picture.info["exif"])) is not None:
        return found
    try:
        return picture.getexif().get(Base.Orientation)  # also from XMP data
    except (IndexError, SyntaxError, TypeError, ValueError, struct.error):
        return None


def keep_orientation_only(picture: TiffImageFile) -> Any:
    """Return the orientation of a TIFF, and remove its other EXIF tags.

    When Pillow loads the pixels, it parses these tags and turns the pixels.
    """
    try:
        exif = picture.getexif()
    except TypeError:  # its XMP data are of an odd type; now the tags are there
        exif = picture.getexif()
    for tag in set(exif) - {Base.Orientation}:
        del exif[tag]
    picture.info.pop("xmp", None)
    return exif.get(Base.Orientation)


def _tag(exif: bytes) -> int | None:
    """Return the orientation tag of EXIF data.

    Pillow does not find it if an earlier tag points outside of the data.
    """
    tiff = re.sub(b"^(Exif\0\0)*", b"", exif)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return None
    try:
        (start,) = struct.unpack_from(f"{order}L", tiff, 4)
        for place in range(start + 2, start + 2 + 12 * struct.unpack_from(f"{order}H", tiff, start)[0], 12):
            tag, kind = struct.unpack_from(f"{order}HH", tiff, place)
            if tag == Base.Orientation and kind in _NUMBERS:
                return int(struct.unpack_from(f"{order}{_NUMBERS[kind]}", tiff, place + 8)[0])
    except struct.error:
        pass  # The data end before the tag.
    return None
