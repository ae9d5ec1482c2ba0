"""Decode picture files of common formats, as cameras, programs and web sites write them."""

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from PIL import Image, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile

from atelier.core import picture_exif, picture_levels
from atelier.core.picture_traits import Trait

# Width and height of CelebA's aligned pictures: a file of this size is cropped as `prepare` crops it.
ALIGNED = (178, 218)
# The filter that `prepare` uses; Pillow scales its support, which prevents aliasing.
FILTER = Image.Resampling.LANCZOS
# Pillow decodes these itself. Others are excluded on purpose: for EPS, Pillow starts another program.
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
SMALLEST = 16
_READERS = (*FORMATS, *picture_exif.WITHOUT_RESOLUTION)
# Pillow's decoders raise all of these for damaged files.
_DAMAGED = (
    *(OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error),
    *(LookupError, TypeError, AttributeError, OverflowError, NotImplementedError),
)


class Picture(NamedTuple):
    """A decoded file: an upright image of mode L or RGB, and the format, the width and the height of the file."""

    image: Image.Image
    traits: Trait
    format: str
    size: tuple[int, int]


@contextmanager
def pillow_warnings() -> Iterator[None]:
    """Make Pillow's warning about too many pixels an error, and ignore those about unusual but harmless metadata."""
    with warnings.catch_warnings():
        # Between its limit and twice its limit, Pillow only warns about the number of pixels.
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        warnings.filterwarnings("ignore", category=UserWarning)
        yield


def decode(file: BinaryIO, least: int | None = None) -> Picture:
    """Decode the first frame of a picture, rotated as its EXIF data say; transparent pixels become white.

    Call it within `pillow_warnings`, once for many pictures, because changing the filters takes time.

    Args:
        file: is not closed.
        least: sides, in pixels, that are enough: a JPEG may be decoded at a half, a quarter or an eighth of its size
            as long as both sides have as many. This saves most of the time, and other levels differ by about two.

    Raises:
        ValueError: the file is not a picture or is damaged, has too many pixels, or what its levels mean is not
            defined. The message is one line.
    """
    try:
        with Image.open(file, formats=_READERS) as opened:
            kind, size = str(opened.format), opened.size
            if least is not None:
                opened.draft(None, (least, least))
            return Picture(*_upright(opened), kind, size)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValueError(f"more than {(Image.MAX_IMAGE_PIXELS or 0) // 1_000_000} million pixels") from None
    except UnidentifiedImageError:
        formats = f"not a picture that can be read (formats: {', '.join(FORMATS)})"
        raise ValueError(picture_levels.unread_tiff(file) or formats) from None
    except picture_levels.UndefinedLevels:
        raise
    except _DAMAGED as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        # Some messages of Pillow contain the address of an object, which differs between processes.
        detail = str(error).strip()
        raise ValueError(f"damaged ({detail})" if detail and "0x" not in detail else "damaged") from None


def read(path: Path, size: int, channels: int = 3, crop: int | None = None) -> np.ndarray:
    """Read a picture file as input for a model: a square uint8 array ``(size, size, channels)``.

    The decoded picture is cropped to its central square and resized with an antialiasing filter. The square is as large
    as the picture allows; in a picture of the size `ALIGNED` its side is `crop`.

    Args:
        channels: 3 for RGB, 1 for grey.
        crop: `prepare.crop` of the dataset, if it has one.

    Raises:
        OSError: the file cannot be opened.
        ValueError: the file cannot be decoded, see `decode`, or a side of the picture is shorter than 16 pixels or half
            of `size`. The message is one line that begins with the path.
    """
    with path.open("rb") as file, pillow_warnings():
        try:
            picture = decode(file).image
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
    smaller = min(picture.size)
    least = max(SMALLEST, -(-size // 2))
    if smaller < least:
        raise ValueError(
            f"{path}: {picture.width}×{picture.height} pixels are too few; the model works at {size}×{size} and needs "
            f"at least {least} on each side"
        )
    side = min(crop, smaller) if crop is not None and picture.size == ALIGNED else smaller
    return array(central_square(picture, side).resize((size, size), FILTER), channels)


def central_square(picture: Image.Image, side: int) -> Image.Image:
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    return picture.crop((left, top, left + side, top + side))


def array(picture: Image.Image, channels: int) -> np.ndarray:
    """Convert a picture to uint8 ``(height, width, channels)``: 3 channels for RGB, 1 for grey."""
    pixels = np.asarray(picture.convert("L" if channels == 1 else "RGB"))
    return pixels[..., None] if channels == 1 else pixels


def _upright(opened: Image.Image) -> tuple[Image.Image, Trait]:
    """Load a picture that Pillow has opened, of mode L or RGB, rotated as its EXIF data say."""
    # 16 bits per channel, of which Pillow keeps 8.
    reduced = ";16" in str(getattr(opened, "tile", [])[:1])
    # Not `ImageOps.exif_transpose`, which encodes all tags again and fails at odd ones.
    if isinstance(opened, TiffImageFile):
        orientation = picture_exif.keep_orientation_only(opened)
        opened.load()  # rotates a TIFF
    else:
        opened.load()
        orientation = picture_exif.orientation(opened)
    image, traits = picture_levels.plain(opened)
    if reduced:
        traits |= Trait.REDUCED_FROM_16_BIT
    if orientation in picture_exif.TURNS:
        traits |= Trait.ROTATED_BY_EXIF
        if not isinstance(opened, TiffImageFile):
            image = image.transpose(picture_exif.TURNS[orientation])
    if getattr(opened, "is_animated", False):
        traits |= Trait.FIRST_FRAME_OF_SEVERAL
    return image, traits
