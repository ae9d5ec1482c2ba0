"""Blocks of pixels as channels, and back (Shi et al., 2016, arXiv:1609.05158): convolutions work at a lower resolution.

Made of Keras's own layers, so that an exported network needs nothing else.
"""

from typing import Any

from keras import layers


def space_to_depth(x: Any, block: int) -> Any:
    """Turn blocks of ``block × block`` pixels into channels: ``(n, h, w, c)`` → ``(n, h/block, w/block, block²·c)``."""
    height, width, channels = x.shape[1:]
    x = layers.Reshape((height // block, block, width // block, block, channels))(x)
    x = layers.Permute((1, 3, 2, 4, 5))(x)
    return layers.Reshape((height // block, width // block, block * block * channels))(x)


def depth_to_space(x: Any, block: int) -> Any:
    """Undo `space_to_depth`: ``(n, h, w, block²·c)`` → ``(n, h·block, w·block, c)``."""
    height, width, channels = x.shape[1:]
    x = layers.Reshape((height, width, block, block, channels // block**2))(x)
    x = layers.Permute((1, 3, 2, 4, 5))(x)
    return layers.Reshape((height * block, width * block, channels // block**2))(x)
