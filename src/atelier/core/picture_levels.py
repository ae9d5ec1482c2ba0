"""Convert pictures of every mode to 8-bit grey or RGB, or say why the levels of one have no defined meaning."""

import struct
import warnings
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageCms, TiffImagePlugin

from atelier.core.picture_traits import Trait

_SIGNED = 2
_SAMPLES = {1: "integers without sign", _SIGNED: "integers with a sign", 3: "floats"}  # values of TIFF's SampleFormat
_CONVERTED = {
    "CMYK": Trait.CONVERTED_FROM_CMYK,
    "P": Trait.CONVERTED_FROM_PALETTE,
    "PA": Trait.CONVERTED_FROM_PALETTE,
}
_REMEDY = "save it with 8 bits per channel, for example as PNG"


class UndefinedLevels(ValueError):
    """Which level of a picture is black or white is not defined; the message is one line."""


def plain(picture: Image.Image) -> tuple[Image.Image, Trait]:
    """Convert a picture, which is loaded, to mode L or RGB, its transparent pixels to white.

    Raises:
        UndefinedLevels: its levels are integers of 32 bits or with a sign, or floats that do not go from 0 to 1.
    """
    traits = _CONVERTED.get(picture.mode, Trait(0))
    tags: Any = getattr(picture, "tag_v2", {})  # of a TIFF
    is_signed = _SIGNED in tags.get(TiffImagePlugin.SAMPLEFORMAT, ())
    if picture.mode[0] in "IF" or is_signed:
        picture = _grey(picture, tags, is_signed)
        traits |= Trait.REDUCED_FROM_16_BIT
    elif picture.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        picture = ImageCms.buildTransform(lab, srgb, "LAB", "RGB").apply(picture)
    elif picture.mode == "La":  # has no direct conversion
        picture = picture.convert("LA")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        if picture.getchannel("A").getextrema()[0] != 255:
            traits |= Trait.TRANSPARENT_OVER_WHITE
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    if picture.mode != "L":
        picture = picture.convert("L" if picture.mode == "1" else "RGB")
    return picture, traits


def _grey(picture: Image.Image, tags: Any, is_signed: bool) -> Image.Image:
    """Scale the levels of a picture with one channel of more than 8 bits, which Pillow would clip."""
    stored = np.asarray(picture)
    if picture.mode == "F":
        found, white = "floats", 1
    elif is_signed or (picture.mode == "I" and tags):
        # Pillow reads 8 bits without sign, and 32 bits with one.
        stored = stored.view(f"{'i' if is_signed else 'u'}{stored.itemsize}")
        found, white = "integers with a sign" if is_signed else "32-bit integers", 0
    else:
        found, white = "integers", 2 ** tags.get(TiffImagePlugin.BITSPERSAMPLE, (16,))[0] - 1
    with np.errstate(invalid="ignore"):  # about some kinds of NaN
        levels = stored.astype(np.float64)
    least, most = levels.min(), levels.max()
    if not white or not 0 <= least <= most <= white:
        rule = f"black is 0 and white is {white}" if white else "their white is not defined"
        raise UndefinedLevels(f"{found} from {least:.10g} to {most:.10g} (mode {picture.mode}); {rule}; {_REMEDY}")
    if tags and tags.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION, 0) == 0:
        levels = white - levels
    grey = Image.fromarray((levels * (255 / white)).round().astype(np.uint8))
    if "transparency" in picture.info:
        grey.putalpha(Image.fromarray(np.where(levels == picture.info["transparency"], 0, 255).astype(np.uint8)))
    return grey


def unread_tiff(file: BinaryIO) -> str | None:
    """Describe the pixels of a TIFF that Pillow does not read; None if the file is no TIFF, or has no such tags."""
    if not file.seekable():  # a pipe cannot be read twice
        return None
    file.seek(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        try:
            tags = TiffImagePlugin.ImageFileDirectory_v2(file.read(8))
            file.seek(tags.next)
            tags.load(file)
            bits, kinds = tags[TiffImagePlugin.BITSPERSAMPLE], tags.get(TiffImagePlugin.SAMPLEFORMAT, (1,))
            channels = tags.get(TiffImagePlugin.SAMPLESPERPIXEL, 1)
            compression = tags.get(TiffImagePlugin.COMPRESSION, 1)
        except (LookupError, SyntaxError, TypeError, ValueError, OverflowError, struct.error):
            return None
    kind = " and ".join(sorted({_SAMPLES.get(kind, f"samples of format {kind}") for kind in kinds}))
    sizes = " and ".join(map(str, sorted(set(bits))))
    pixels = f"{channels} × {sizes}-bit {kind}, compression {compression}"
    return f"a TIFF of a kind that Pillow cannot read ({pixels}); {_REMEDY}"
