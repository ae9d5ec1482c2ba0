"""Decode any picture file to a square of one size; every unusual trait of a file that changes its pixels is noted.

A pure function of the bytes, so that worker processes can run it on shards of pictures.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from PIL import Image

from atelier.core import picture_files
from atelier.core.picture_traits import Trait
from atelier.datasets.formats.pictures.params import Fit

_DIGEST = 16  # bytes


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
    formats: tuple[str, ...]  # of each file; empty if it is bad
    sizes: np.ndarray  # int32 (n, 2): width and height of each file; 0 if it is bad


def decode(shard: Shard) -> Decoded:
    count = len(shard.contents)
    result = np.empty((count, shard.size, shard.size, shard.channels), np.uint8)
    traits, sizes = np.zeros(count, np.uint16), np.zeros((count, 2), np.int32)
    reasons, formats, digests, good = [""] * count, [""] * count, [], 0
    with picture_files.pillow_warnings():
        for index, content in enumerate(shard.contents):
            data = b"" if isinstance(content, str) else content
            digests.append(blake2b(data, digest_size=_DIGEST).digest())
            try:
                if isinstance(content, str):
                    raise ValueError(content)
                result[good], traits[index], formats[index], sizes[index] = square(
                    content, shard.size, shard.fit, shard.channels
                )
                good += 1
            except ValueError as error:
                reasons[index] = str(error)
    return Decoded(
        result[:good], tuple(reasons), traits, np.frombuffer(b"".join(digests), f"V{_DIGEST}"), tuple(formats), sizes
    )


def square(data: bytes, size: int, fit: Fit, channels: int) -> tuple[np.ndarray, Trait, str, tuple[int, int]]:
    """Decode one picture to uint8 ``(size, size, channels)``; also return what was unusual, its format and its size.

    `fit`: ``crop`` takes the central square, ``pad`` adds white margins, ``stretch`` changes the proportions.

    Raises:
        ValueError: see `core.picture_files.decode`.
    """
    # Twice the square is left for the antialiasing filter.
    picture, traits, kind, (width, height) = picture_files.decode(io.BytesIO(data), 2 * size)
    if width != height:
        traits |= Trait.NOT_SQUARE
    if (max if fit == "pad" else min)(width, height) < size:
        traits |= Trait.ENLARGED
    if channels == 1 and picture.mode != "L":
        traits |= Trait.MADE_GREY
    return picture_files.array(_fitted(picture, size, fit), channels), traits, kind, (width, height)


def _fitted(picture: Image.Image, size: int, fit: Fit) -> Image.Image:
    width, height = picture.size
    if fit == "pad" and width != height:
        longer = max(width, height)
        inner = (max(1, round(width * size / longer)), max(1, round(height * size / longer)))
        canvas = Image.new(picture.mode, (size, size), "white")
        canvas.paste(picture.resize(inner, picture_files.FILTER), ((size - inner[0]) // 2, (size - inner[1]) // 2))
        return canvas
    if fit == "crop" and width != height:
        picture = picture_files.central_square(picture, min(width, height))
    return picture if picture.size == (size, size) else picture.resize((size, size), picture_files.FILTER)
