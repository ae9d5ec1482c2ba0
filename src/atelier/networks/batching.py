"""Run a network on inputs in batches of one size, so that an output does not depend on the number of inputs."""

import math
from typing import Any

import keras
import numpy as np


class InOrder(keras.utils.PyDataset):
    """Serve all examples of arrays ``(examples, …)``, inputs and possibly targets, in their order, in batches.

    If `filled`, the last example is repeated until the last batch is full; otherwise the last batch may be shorter.
    """

    def __init__(self, arrays: tuple[np.ndarray, ...], batch: int, filled: bool = False) -> None:
        super().__init__()
        self.arrays, self.batch, self.filled = arrays, batch, filled

    def __len__(self) -> int:
        return math.ceil(len(self.arrays[0]) / self.batch)

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        start = index * self.batch
        batches = [np.asarray(array[start : start + self.batch]) for array in self.arrays]
        missing = self.batch - len(batches[0]) if self.filled else 0
        return tuple(np.concatenate([rows, np.repeat(rows[-1:], missing, axis=0)]) for rows in batches)


class Together(keras.utils.PyDataset):
    """Serve the arrays of another dataset as the inputs of one network, without targets."""

    def __init__(self, batches: InOrder) -> None:
        super().__init__()
        self.batches = batches

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> tuple[tuple[np.ndarray, ...]]:
        return (self.batches[index],)


def apply(network: keras.Model, inputs: np.ndarray | tuple[np.ndarray, ...], batch: int) -> Any:
    """Return the outputs of `network` for all `inputs`, as NumPy arrays in the structure that the network returns.

    The last batch is filled up, because kernels may round differently for another batch size. A tuple contains one
    array for each input of the network.
    """
    arrays = inputs if isinstance(inputs, tuple) else (inputs,)
    count = len(arrays[0])
    if count == 0:
        raise ValueError("there are no inputs to run the network on")
    batches = InOrder(arrays, batch, filled=True)
    outputs = network.predict(batches if len(arrays) == 1 else Together(batches), verbose=0)
    return keras.tree.map_structure(lambda array: array[:count], outputs)
