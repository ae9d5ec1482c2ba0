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
    missing = -count % batch
    padded = np.concatenate([inputs, np.repeat(inputs[-1:], missing, axis=0)]) if missing else inputs
    outputs = network.predict(InOrder((padded,), batch), verbose=0)
    return keras.tree.map_structure(lambda array: array[:count], outputs)
