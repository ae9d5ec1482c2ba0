"""Any picture file as the input of a model that was trained on aligned faces."""

import struct
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

# Width and height of CelebA's aligned pictures: such a file is cut as `prepare` cuts it.
ALIGNED = (178, 218)
# The filter of `prepare`; Pillow widens it by the scale, so that nothing aliases.
FILTER = Image.Resampling.LANCZOS
# Decoded by Pillow itself. Others are left out on purpose: EPS, for one, starts another program.
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
SMALLEST = 16


def read(path: Path, size: int, channels: int = 3, crop: int | None = None) -> np.ndarray:
    """A picture file as a square uint8 array ``(size, size, channels)``.

    It is turned as its EXIF data say, cut to the square in its middle, and scaled with an antialiasing filter. The
    square is as large as the picture allows, but of side `crop` where the picture has the size of an aligned one.
    What is transparent becomes white; of an animation the first picture counts.

    Args:
        channels: 3 for RGB, 1 for grey.
        crop: `prepare.crop` of the dataset, if it has one.

    Raises:
        OSError: the file cannot be opened.
        ValueError: it is no picture, is damaged, has far too many pixels, or is smaller than 16 pixels or than half of
            `size`; one line that begins with its path.
    """
    picture = _upright(path)
    smaller = min(picture.size)
    least = max(SMALLEST, -(-size // 2))
    if smaller < least:
        raise ValueError(
            f"{path}: {picture.width}×{picture.height} pixels are too few; the model works at {size}×{size} and needs "
            f"at least {least} on each side"
        )
    side = min(crop, smaller) if crop is not None and picture.size == ALIGNED else smaller
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    square = picture.crop((left, top, left + side, top + side)).resize((size, size), FILTER)
    return np.asarray(square.convert("L"))[..., None] if channels == 1 else np.asarray(square)


def _upright(path: Path) -> Image.Image:
    """The picture in RGB, turned as its EXIF data say."""
    try:
        # Pillow warns of a size that it reads all the same, up to twice its limit. Here the limit is one.
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.filterwarnings("ignore", category=UserWarning)  # of odd, harmless metadata
            with Image.open(file, formats=FORMATS) as picture:
                return _rgb(ImageOps.exif_transpose(picture))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        limit = (Image.MAX_IMAGE_PIXELS or 0) // 1_000_000
        raise ValueError(f"{path}: far too large; pictures of up to {limit} million pixels are read") from None
    except UnidentifiedImageError:
        raise ValueError(f"{path}: not a picture that can be read; formats are: {', '.join(FORMATS)}") from None
    except (OSError, SyntaxError, ValueError, EOFError, struct.error) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise ValueError(f"{path}: the picture is damaged ({error})") from None


def _rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):
        # 16 bits of grey, which Pillow would clip instead of scaling.
        picture = Image.fromarray((np.asarray(picture, np.float64).clip(0, 65535) / 257).round().astype(np.uint8))
    if picture.has_transparency_data:
        colour = picture.convert("RGBA")
        white = Image.new("RGBA", colour.size, "white")
        picture = Image.alpha_composite(white, colour)
    return picture.convert("RGB")
