"""The surprisal of each token of existing texts under a language model."""

from typing import Any

import keras
import numpy as np
from keras import ops

from atelier.core.text import END, PAD
from atelier.networks import batching


class Reader:
    """Measure the surprisal of each token of a sequence of texts, `batch` windows at a time."""

    def __init__(self, model: keras.Model, batch: int) -> None:
        self.model, self.batch = model, batch
        self._surprisal = _Surprisal(model)

    def nats(self, tokens: np.ndarray, stride: int) -> np.ndarray:
        """Compute −log p of each token given the tokens before it in its text, float32 ``(n,)``.

        Args:
            tokens: ``(n,)``, at least one, with END after each text.
            stride: step of the window, from 1 to the context: each token is predicted from at least
                ``context − stride`` tokens, or from its whole text so far, and read ``context / stride`` times.
        """
        context = self.model.config.context
        if not 1 <= stride <= context:
            raise ValueError(f"a stride of {stride} is not between 1 and the context of {context}")
        if not len(tokens):
            raise ValueError("there are no tokens to read")
        stream = np.concatenate([[END], np.asarray(tokens, np.int32)])
        starts = range(0, max(1, len(tokens) - context + stride), stride)
        stream = np.pad(stream, (0, starts[-1] + context + 1 - len(stream)), constant_values=PAD)
        windows = np.lib.stride_tricks.sliding_window_view(stream, context + 1)[::stride]
        result = np.zeros(len(stream) - 1, np.float32)
        for start, nats in zip(starts, batching.apply(self._surprisal, windows, self.batch), strict=True):
            # Keep what an earlier window measured with more context.
            new = context - stride if start else 0
            result[start + new : start + context] = nats[new:]
        return result[: len(tokens)]


class _Surprisal(keras.Model):
    """Compute −log p of each token but the first, float32 ``(n, length)``, from windows int32 ``(n, length + 1)``."""

    def __init__(self, model: keras.Model) -> None:
        super().__init__(name="surprisal", dtype="float32", autocast=False)
        self.model = model
        self.built = True

    def call(self, windows: Any) -> Any:
        logits = ops.cast(self.model(windows[:, :-1]), "float32")
        return keras.losses.sparse_categorical_crossentropy(windows[:, 1:], logits, from_logits=True)
