"""From JPEGs in a zip to pixels, a shard at a time: what the processes of a pool do."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from atelier.datasets.formats.faces import archive

# As for FFHQ and CelebA-HQ. Pillow widens the filter by the scale, so that nothing aliases.
FILTER = Image.Resampling.LANCZOS


@dataclass(frozen=True)
class Shard:
    """A run of pictures in an archive.

    Attributes:
        path: the archive.
        names: of the pictures, shape ``(n,)``.
        places: rows of `archive.Directory.places`, shape ``(n, 5)``.
        crop, size: see `pixels`.
    """

    path: Path
    names: np.ndarray
    places: np.ndarray
    crop: int
    size: int


@dataclass(frozen=True)
class Decoded:
    """What became of a shard.

    Attributes:
        pixels: uint8 of shape ``(good, size, size, 3)``.
        good: which pictures of the shard these are, boolean of shape ``(n,)``.
        bad: of the others, the name and what is wrong with it.
    """

    pixels: np.ndarray
    good: np.ndarray
    bad: tuple[str, ...]


def decode(shard: Shard) -> Decoded:
    """Decode a shard; a pure function of its argument and of the archive.

    Raises:
        OSError: the archive cannot be read.
    """
    result = np.empty((len(shard.names), shard.size, shard.size, 3), np.uint8)
    good = np.zeros(len(shard.names), bool)
    bad = []
    with shard.path.open("rb") as file:
        for index, (name, place) in enumerate(zip(shard.names, shard.places, strict=True)):
            try:
                result[index] = pixels(archive.member(file, place), shard.crop, shard.size)
            except ValueError as error:
                bad.append(f"{name}: {error}")
            else:
                good[index] = True
    return Decoded(result if good.all() else result[good], good, tuple(bad))


def pixels(data: bytes, crop: int, size: int) -> np.ndarray:
    """The square of side `crop` in the middle of a JPEG, scaled to `size`.

    Pillow's draft mode, which lets the decoder scale by 2, 4 or 8, is left alone: it is faster, but gives other pixels.

    Returns:
        uint8 of shape ``(size, size, 3)``.

    Raises:
        ValueError: it cannot be decoded, or is smaller than the square.
    """
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as picture:
            left, top = (picture.width - crop) // 2, (picture.height - crop) // 2
            if left < 0 or top < 0:
                raise _TooSmall(f"{picture.width}×{picture.height}, smaller than the crop of {crop}×{crop}")
            colour = picture if picture.mode == "RGB" else picture.convert("RGB")
            square = colour.crop((left, top, left + crop, top + crop))
    except _TooSmall as error:
        raise ValueError(str(error)) from None
    # The bytes are in memory: an OSError is about them.
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise ValueError("cannot be decoded") from None
    return np.asarray(square.resize((size, size), FILTER))


class _TooSmall(Exception):
    pass
