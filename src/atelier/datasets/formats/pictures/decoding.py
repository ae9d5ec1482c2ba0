"""Decode any picture file to a square of one size; every unusual trait of a file that changes its pixels is noted.

A pure function of the bytes, so that worker processes can run it on shards of pictures.
"""

import io
import struct
import warnings
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntFlag
from hashlib import blake2b

import numpy as np
from PIL import Image, UnidentifiedImageError

from atelier.core.picture_exif import TURNS
from atelier.core.picture_files import FILTER, FORMATS
from atelier.datasets.formats.pictures.params import Fit

# Pillow's decoders raise all of these for damaged files.
_DAMAGED = (
    *(OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error),
    *(KeyError, IndexError, TypeError, AttributeError, OverflowError, NotImplementedError),
)
_ORIENTATION = 0x0112
_DIGEST = 16  # bytes


class Trait(IntFlag):
    """What was done with a picture; the names become statistics of the dataset."""

    NOT_SQUARE = 1  # cropped, padded or stretched, as `fit` says
    ENLARGED = 2  # smaller than the square
    ROTATED_BY_EXIF = 4
    TRANSPARENT_OVER_WHITE = 8
    FIRST_FRAME_OF_SEVERAL = 16
    REDUCED_FROM_16_BIT = 32
    CONVERTED_FROM_CMYK = 64
    CONVERTED_FROM_PALETTE = 128
    MADE_GREY = 256


def key(trait: Trait) -> str:
    """Return the name of a trait's count among the statistics of a dataset."""
    return str(trait.name).lower()


@dataclass(frozen=True)
class Shard:
    """Files as bytes or, as text, why each cannot be read; and how they become squares."""

    contents: Sequence[bytes | str]
    size: int
    fit: Fit
    channels: int


@dataclass(frozen=True)
class Decoded:
    """What became of a shard of ``n`` files."""

    pixels: np.ndarray  # uint8 (good, size, size, channels)
    reasons: tuple[str, ...]  # of each file: why it is bad; empty if it is good
    traits: np.ndarray  # uint16 (n,), flags of `Trait`
    digests: np.ndarray  # of each file, (n,): equal files have equal digests


def decode(shard: Shard) -> Decoded:
    result = np.empty((len(shard.contents), shard.size, shard.size, shard.channels), np.uint8)
    reasons, digests, traits, good = [], [], np.zeros(len(shard.contents), np.uint16), 0
    with warnings.catch_warnings():
        # Between its limit and twice its limit, Pillow only warns about the number of pixels. Here it is an error.
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        warnings.filterwarnings("ignore", category=UserWarning)  # about unusual but harmless metadata
        for index, content in enumerate(shard.contents):
            reason = content if isinstance(content, str) else ""
            if isinstance(content, bytes):
                try:
                    result[good], traits[index] = square(content, shard.size, shard.fit, shard.channels)
                    good += 1
                except ValueError as error:
                    reason = str(error)
            reasons.append(reason)
            digests.append(blake2b(content if isinstance(content, bytes) else b"", digest_size=_DIGEST).digest())
    return Decoded(result[:good], tuple(reasons), traits, np.frombuffer(b"".join(digests), f"V{_DIGEST}"))


def square(data: bytes, size: int, fit: Fit, channels: int) -> tuple[np.ndarray, Trait]:
    """Decode one picture to uint8 ``(size, size, channels)``; also return what was unusual.

    It is rotated as its EXIF data say, and transparent pixels become white. `fit`: ``crop`` takes the central square,
    ``pad`` adds white margins, ``stretch`` changes the proportions.

    Raises:
        ValueError: it is no picture, is damaged, or has too many pixels.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            width, height = opened.size
            # A JPEG decoder scales by 2, 4 or 8 for free; twice the square is left for the antialiasing filter.
            opened.draft(None, (2 * size, 2 * size))
            picture, traits = _plain(opened)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValueError(f"more than {(Image.MAX_IMAGE_PIXELS or 0) // 1_000_000} million pixels") from None
    except UnidentifiedImageError:
        raise ValueError(f"not a picture that can be read (formats: {', '.join(FORMATS)})") from None
    except _Unusable:
        raise
    except _DAMAGED as error:
        # Some messages of Pillow contain the address of an object, which differs between processes.
        detail = str(error).strip()
        raise ValueError(f"damaged ({detail})" if detail and "0x" not in detail else "damaged") from None
    if width != height:
        traits |= Trait.NOT_SQUARE
    if (max if fit == "pad" else min)(width, height) < size:
        traits |= Trait.ENLARGED
    fitted = _fitted(picture, size, fit)
    if channels == 1 and fitted.mode != "L":
        traits |= Trait.MADE_GREY
    array = np.asarray(fitted.convert("L" if channels == 1 else "RGB"))
    return array[..., None] if channels == 1 else array, traits


class _Unusable(ValueError):
    """A picture was decoded, but what its values mean is not known."""


def _plain(opened: Image.Image) -> tuple[Image.Image, Trait]:
    """Load the first frame, upright, with mode L or RGB."""
    traits = Trait(0)
    if ";16" in str(opened.tile[:1] if hasattr(opened, "tile") else ""):
        traits |= Trait.REDUCED_FROM_16_BIT
    opened.load()
    picture = opened
    if opened.mode == "CMYK":
        traits |= Trait.CONVERTED_FROM_CMYK
    elif opened.mode in ("P", "PA"):
        traits |= Trait.CONVERTED_FROM_PALETTE
    elif opened.mode[0] in "IF":
        picture = _eight_bit(opened)
        traits |= Trait.REDUCED_FROM_16_BIT
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        if picture.getchannel("A").getextrema()[0] != 255:
            traits |= Trait.TRANSPARENT_OVER_WHITE
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    if picture.mode != "L":
        picture = picture.convert("L" if picture.mode == "1" else "RGB")
    orientation = opened.getexif().get(_ORIENTATION, 1)
    if orientation in TURNS:
        picture = picture.transpose(TURNS[orientation])
        traits |= Trait.ROTATED_BY_EXIF
    if getattr(opened, "is_animated", False):
        traits |= Trait.FIRST_FRAME_OF_SEVERAL
    return picture, traits


def _eight_bit(picture: Image.Image) -> Image.Image:
    """Scale 16-bit levels, which Pillow would clip, and floats from 0 to 1, to 8 bits."""
    levels = np.asarray(picture, np.float64)
    top = 1.0 if picture.mode == "F" else 65535.0
    low, high = float(levels.min()), float(levels.max())
    if not (low >= 0 and high <= top):
        raise _Unusable(f"values from {low:g} to {high:g}; allowed are 0 to {top:g}")
    return Image.fromarray((levels * (255 / top)).round().astype(np.uint8))


def _fitted(picture: Image.Image, size: int, fit: Fit) -> Image.Image:
    width, height = picture.size
    if fit == "pad" and width != height:
        longer = max(width, height)
        inner = (max(1, round(width * size / longer)), max(1, round(height * size / longer)))
        canvas = Image.new(picture.mode, (size, size), "white")
        canvas.paste(picture.resize(inner, FILTER), ((size - inner[0]) // 2, (size - inner[1]) // 2))
        return canvas
    if fit == "crop" and width != height:
        side = min(width, height)
        left, top = (width - side) // 2, (height - side) // 2
        picture = picture.crop((left, top, left + side, top + side))
    return picture if picture.size == (size, size) else picture.resize((size, size), FILTER)
