"""Read picture files of common formats as input for a model that was trained on aligned faces."""

import struct
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile

from atelier.core import picture_exif, picture_levels

# Width and height of CelebA's aligned pictures: a file of this size is cropped as `prepare` crops it.
ALIGNED = (178, 218)
# The filter that `prepare` uses; Pillow scales its support, which prevents aliasing.
FILTER = Image.Resampling.LANCZOS
# Pillow decodes these itself. Others are excluded on purpose: for EPS, Pillow starts another program.
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
SMALLEST = 16


def read(path: Path, size: int, channels: int = 3, crop: int | None = None) -> np.ndarray:
    """Read a picture file as a square uint8 array ``(size, size, channels)``.

    The picture is rotated as its EXIF data say, cropped to its central square and resized with an antialiasing filter.
    The square is as large as the picture allows; in a picture of the size `ALIGNED` its side is `crop`. Transparent
    pixels become white. Only the first frame of an animation is read.

    Args:
        channels: 3 for RGB, 1 for grey.
        crop: `prepare.crop` of the dataset, if it has one.

    Raises:
        OSError: the file cannot be opened.
        ValueError: the file is not a picture or is damaged, the picture has too many pixels, or one of its sides is
            shorter than 16 pixels or half of `size`. The message is one line that begins with the path.
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
    """Decode a picture as RGB, rotated as its EXIF data say."""
    try:
        # Between its limit and twice its limit, Pillow only warns about the number of pixels. Here it is an error.
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.filterwarnings("ignore", category=UserWarning)  # about unusual but harmless metadata
            with Image.open(file, formats=(*FORMATS, *picture_exif.WITHOUT_RESOLUTION)) as picture:
                # Not `ImageOps.exif_transpose`, which encodes all tags again and fails at odd ones.
                if isinstance(picture, TiffImageFile):
                    picture_exif.keep_orientation_only(picture)
                    return picture_levels.rgb(picture)
                turn = picture_exif.TURNS.get(picture_exif.orientation(picture))
                upright = picture_levels.rgb(picture)
                return upright if turn is None else upright.transpose(turn)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        limit = (Image.MAX_IMAGE_PIXELS or 0) // 1_000_000
        raise ValueError(f"{path}: too large; at most {limit} million pixels are allowed") from None
    except UnidentifiedImageError:
        formats = f"not a picture that can be read; formats are: {', '.join(FORMATS)}"
        raise ValueError(f"{path}: {picture_levels.unread_tiff(path) or formats}") from None
    except picture_levels.UndefinedLevels as error:
        raise ValueError(f"{path}: {error}") from None
    except (OSError, SyntaxError, ValueError, EOFError, struct.error) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise ValueError(f"{path}: the picture is damaged ({error})") from None
    except (TypeError, LookupError, OverflowError) as error:
        # From tags of a TIFF that it takes on trust.
        raise ValueError(f"{path}: damaged, or of a kind that Pillow does not know ({error!r})") from None
