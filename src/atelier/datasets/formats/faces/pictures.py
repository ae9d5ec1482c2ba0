"""Decode, crop and scale JPEGs: a pure function of a shard of pictures, which worker processes run."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

# As for FFHQ and CelebA-HQ. Pillow widens the filter by the scale, which prevents aliasing.
FILTER = Image.Resampling.LANCZOS


@dataclass(frozen=True)
class Shard:
    """Pictures of an archive: the name of each, and its JPEG or, as text, why it cannot be read."""

    names: Sequence[str]
    contents: Sequence[bytes | str]
    crop: int
    size: int


@dataclass(frozen=True)
class Decoded:
    """The pixels of a shard of ``n`` pictures."""

    pixels: np.ndarray  # uint8 (good, size, size, 3)
    good: np.ndarray  # boolean (n,): whether each picture could be decoded
    bad: tuple[str, ...]  # name and reason of the others


def decode(shard: Shard) -> Decoded:
    result = np.empty((len(shard.names), shard.size, shard.size, 3), np.uint8)
    good = np.zeros(len(shard.names), bool)
    bad = []
    for index, (name, content) in enumerate(zip(shard.names, shard.contents, strict=True)):
        try:
            if isinstance(content, str):
                raise ValueError(content)
            result[index] = pixels(content, shard.crop, shard.size)
            good[index] = True
        except ValueError as error:
            bad.append(f"{name}: {error}")
    return Decoded(result if good.all() else result[good], good, tuple(bad))


def pixels(data: bytes, crop: int, size: int) -> np.ndarray:
    """Cut the centred square of side `crop` out of a JPEG and scale it to uint8 of shape ``(size, size, 3)``.

    Pillow's draft mode, in which the decoder scales by 2, 4 or 8, is not used: it is faster but gives other pixels.

    Raises:
        ValueError: the JPEG cannot be decoded, or is smaller than the square.
    """
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as picture:
            colour = picture.convert("RGB")
    # The data is in memory, hence an OSError can only be about its content.
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise ValueError("cannot be decoded") from None
    left, top = (colour.width - crop) // 2, (colour.height - crop) // 2
    if left < 0 or top < 0:
        raise ValueError(f"{colour.width}×{colour.height}, smaller than the crop of {crop}×{crop}")
    return np.asarray(colour.crop((left, top, left + crop, top + crop)).resize((size, size), FILTER))
