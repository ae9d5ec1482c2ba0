"""The classifier of a judge: a trunk, whose outputs are the features of all distances, and a linear head."""

from typing import Any

import keras
from keras import layers, ops


class Classifier(keras.Model):
    """Predict the class of each example, or each of its binary attributes separately.

    `fit` takes ``(inputs, labels)`` or ``(inputs, labels, weights)``. Labels are classes ``(n,)``, or bits
    ``(n, attributes)``; weights have the shape of the labels.

    Args:
        trunk: inputs → features ``(n, features)``.
        one_of: whether the outputs are classes, one of them for each example.
    """

    def __init__(self, trunk: keras.Model, outputs: int, one_of: bool) -> None:
        super().__init__(name="classifier")
        self.trunk = trunk
        features = keras.Input(trunk.output_shape[1:], name="features")
        logits = layers.Dense(outputs, dtype="float32", name="logits")(layers.Activation("relu")(features))
        self.head = keras.Model(features, logits, name="head")
        self.one_of = one_of
        kind = keras.metrics.SparseCategoricalAccuracy if one_of else keras.metrics.BinaryAccuracy
        self.accuracy_tracker = kind(name="accuracy")
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Compute logits, float32 ``(n, outputs)``."""
        return self.head(self.trunk(inputs, training=training))

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Return the cross-entropy in nats, weighted, averaged over the batch and over attributes."""
        if self.one_of:
            self.accuracy_tracker.update_state(y, y_pred)
            nats = keras.losses.sparse_categorical_crossentropy(y, y_pred, from_logits=True)
        else:
            y = ops.cast(y, "float32")
            self.accuracy_tracker.update_state(y, ops.sigmoid(y_pred))
            nats = ops.softplus(y_pred) - y * y_pred
        return ops.mean(nats if sample_weight is None else sample_weight * nats)
