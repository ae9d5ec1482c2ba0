"""The judge's network for texts: convolutions over embeddings (Kim, 2014, arXiv:1408.5882), pooled in two ways.

It tells the classes of a dataset apart; its penultimate layer gives the features of the proxies.
"""

from typing import Any

import keras
from keras import layers, ops

from atelier.core.spec import Spec
from atelier.core.text import PAD
from atelier.modalities.text.params import Network as Config

__all__ = ["Classifier", "Config", "build"]


def build(config: Config, spec: Spec) -> "Classifier":
    """Build the untrained classifier for the vocabulary and the classes of `spec`."""
    return Classifier(config, spec.vocabulary, len(spec.classes))


def build_trunk(config: Config, vocabulary: int) -> keras.Model:
    """Tokens, int32 ``(n, length)`` with PAD behind the text → features, float32 ``(n, features)``."""
    tokens = keras.Input((config.length,), dtype="int32", name="tokens")
    x = layers.Embedding(vocabulary, config.embedding, name="embedding")(tokens)
    x = layers.Dropout(config.dropout)(x)
    pooled = []
    for kernel in config.kernels:
        y = layers.Conv1D(config.filters, kernel, padding="same", activation="relu")(x)
        pooled += Pooling(name=f"pooling_{kernel}")([y, tokens])
    x = layers.Dropout(config.dropout)(layers.Concatenate()(pooled))
    x = layers.Dense(config.features, dtype="float32")(x)
    # Mean 0 and variance 1 within each text: distances then have one scale, whatever the judge's confidence.
    features = layers.LayerNormalization(center=False, scale=False, dtype="float32", name="features")(x)
    return keras.Model(tokens, features, name="trunk")


class Pooling(layers.Layer):
    """``(n, length, filters)`` and the tokens ``(n, length)`` → largest and mean over the text, ``(n, filters)`` each.

    Filters are not below zero, so filling never is the largest; nor does it count in the mean.
    """

    def call(self, inputs: Any) -> list[Any]:
        x, tokens = inputs
        held = ops.cast(tokens != PAD, x.dtype)[..., None]
        x = x * held
        return [ops.max(x, axis=1), ops.sum(x, axis=1) / ops.maximum(ops.sum(held, axis=1), 1.0)]


class Classifier(keras.Model):
    """Trunk and linear head, trained by `fit` on ``(tokens, labels)``, labels ``(n,)``."""

    def __init__(self, config: Config, vocabulary: int, classes: int) -> None:
        super().__init__(name="classifier")
        self.trunk = build_trunk(config, vocabulary)
        features = keras.Input((config.features,), name="features")
        logits = layers.Dense(classes, dtype="float32", name="logits")(layers.Activation("relu")(features))
        self.head = keras.Model(features, logits, name="head")
        self.accuracy_tracker = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
        self.built = True

    def call(self, tokens: Any, training: bool = False) -> Any:
        """Logits, float32 ``(n, classes)``."""
        return self.head(self.trunk(tokens, training=training))

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Cross-entropy in nats, averaged over the batch."""
        self.accuracy_tracker.update_state(y, y_pred)
        return ops.mean(keras.losses.sparse_categorical_crossentropy(y, y_pred, from_logits=True))
