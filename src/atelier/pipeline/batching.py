"""Run a network over many inputs in batches of one size, so that a row does not feel how many others there are."""

from typing import Any

import keras
import numpy as np

from atelier.pipeline.batches import InOrder


def apply(network: keras.Model, inputs: np.ndarray, batch: int) -> Any:
    """Outputs of `network` for all `inputs`, as NumPy arrays in the structure that the network returns.

    The last batch is filled up, because kernels may round differently for another batch size.
    """
    count = len(inputs)
    if count == 0:
        raise ValueError("there are no inputs to run the network on")
    outputs = network.predict(InOrder((inputs,), batch, filled=True), verbose=0)
    return keras.tree.map_structure(lambda array: array[:count], outputs)
