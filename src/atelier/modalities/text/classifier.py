"""The network of a judge of texts: convolutions over embeddings (Kim, 2014, arXiv:1408.5882), pooled in two ways."""

from typing import Any

import keras
from keras import layers, ops

from atelier.core.spec import Spec
from atelier.core.text import PAD
from atelier.modalities.classifier import Classifier
from atelier.modalities.text.params import Network as Config

__all__ = ["Config", "build"]


def build(config: Config, spec: Spec) -> Classifier:
    """Build the untrained classifier for the vocabulary and the classes of `spec`."""
    return Classifier(build_trunk(config, spec.vocabulary), len(spec.classes), one_of=True)


def build_trunk(config: Config, vocabulary: int) -> keras.Model:
    """Build tokens, int32 ``(n, length)`` with PAD after the text → features, float32 ``(n, features)``."""
    tokens = keras.Input((config.length,), dtype="int32", name="tokens")
    x = layers.Embedding(vocabulary, config.embedding, name="embedding")(tokens)
    x = layers.Dropout(config.dropout)(x)
    pooled = []
    for kernel in config.kernels:
        y = layers.Conv1D(config.filters, kernel, padding="same", activation="relu")(x)
        pooled += Pooling(name=f"pooling_{kernel}")([y, tokens])
    x = layers.Dropout(config.dropout)(layers.Concatenate()(pooled))
    x = layers.Dense(config.features, dtype="float32")(x)
    # Mean 0 and variance 1 within each text: the scale of distances does not depend on the judge's confidence.
    features = layers.LayerNormalization(center=False, scale=False, dtype="float32", name="features")(x)
    return keras.Model(tokens, features, name="trunk")


class Pooling(layers.Layer):
    """Pool ``(n, length, filters)`` over the tokens ``(n, length)`` of a text: maximum and mean, ``(n, filters)`` each.

    PAD counts in neither: its activations are set to 0, and no activation is negative.
    """

    def call(self, inputs: Any) -> list[Any]:
        x, tokens = inputs
        real = ops.cast(tokens != PAD, x.dtype)[..., None]
        x = x * real
        return [ops.max(x, axis=1), ops.sum(x, axis=1) / ops.maximum(ops.sum(real, axis=1), 1.0)]
