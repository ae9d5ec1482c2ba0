"""What an export has written, in words for its model card; importing this loads no Keras."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Array:
    """An input or output; `shape` is that of one example, with None where any length is allowed.

    >>> str(Array("images", "uint8", (28, 28, 1)))
    '`images`, uint8 `(n, 28, 28, 1)`'
    """

    name: str
    dtype: str
    shape: tuple[int | None, ...]

    @classmethod
    def of(cls, name: str, array: np.ndarray) -> "Array":
        return cls(name, array.dtype.name, array.shape[1:])

    def __str__(self) -> str:
        sides = ", ".join("length" if side is None else str(side) for side in self.shape)
        return f"`{self.name}`, {self.dtype} `(n, {sides})`" if sides else f"`{self.name}`, {self.dtype} `(n,)`"


@dataclass(frozen=True)
class Exported:
    """A part of a network that was written and compared with its origin.

    Attributes:
        signature: what it does, such as ``decode``.
        file: its name in the export; empty if the whole directory is one file.
        weights: number of its weights.
        examples: number of examples that it was compared on.
        difference: largest difference from the network: in grey levels for images, else relative to the largest value.
        rounding: the same between the network in float32 and in its own precision, if it was exported in float32.
    """

    signature: str
    file: str
    inputs: tuple[Array, ...]
    outputs: tuple[Array, ...]
    weights: int
    examples: int
    difference: float
    rounding: float | None = None

    @property
    def of_pixels(self) -> bool:
        return all(output.dtype == "uint8" for output in self.outputs)
