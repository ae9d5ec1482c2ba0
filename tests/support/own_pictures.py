"""Picture files as people have them, drawn from seeds."""

import io
from typing import Any

import numpy as np
from PIL import Image


def encoded(picture: Image.Image | np.ndarray, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(buffer, kind, **options)
    return buffer.getvalue()


def drawn(index: int, width: int = 20, height: int = 20) -> bytes:
    """A PNG of random patches that differs for each index."""
    patches = np.random.default_rng(index).integers(0, 256, (4, 4, 3), np.uint8)
    return encoded(Image.fromarray(patches).resize((width, height), Image.Resampling.BICUBIC))


def in_classes(classes: str = "cat dog", each: int = 12) -> dict[str, bytes]:
    """The files of a folder for each class."""
    return {
        f"{name}/{index}.png": drawn(100 * place + index)
        for place, name in enumerate(classes.split())
        for index in range(each)
    }
