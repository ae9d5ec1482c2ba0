"""The network of a judge of images: convolutions, and a penultimate layer that gives the features of the proxies.

It tells the classes of a dataset apart, one of them for each image, or where a dataset has binary attributes instead,
each attribute by itself.
"""

from typing import Any

import keras
from keras import layers, ops

from atelier.core.spec import Spec
from atelier.modalities.images.params import Network as Config

__all__ = ["Classifier", "Config", "build"]


def build(config: Config, spec: Spec) -> "Classifier":
    """Build the untrained classifier for the images and the classes, or else the attributes, of `spec`."""
    return Classifier(config, spec.shape, len(spec.classes) or len(spec.attributes), one_of=bool(spec.classes))


def build_trunk(config: Config, shape: tuple[int, ...]) -> keras.Model:
    """Images, uint8 ``(n, h, w, c)`` → features, float32 ``(n, features)``."""
    image = keras.Input(shape, dtype="uint8", name="image")
    x = layers.Rescaling(1 / 127.5, offset=-1, name="scale")(image)
    for filters in config.filters:
        for _ in range(2):
            x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
            x = layers.BatchNormalization(momentum=0.9)(x)
            x = layers.Activation("relu")(x)
        # Averaging before dropping every second pixel keeps features from flickering under shifts.
        x = layers.AveragePooling2D(2, padding="same")(x)
        x = layers.Dropout(config.dropout)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(config.features, dtype="float32")(x)
    # Mean 0 and variance 1 within each image: distances then have one scale, whatever the judge's confidence.
    features = layers.LayerNormalization(center=False, scale=False, dtype="float32", name="features")(x)
    return keras.Model(image, features, name="trunk")


class Classifier(keras.Model):
    """Trunk and linear head, trained by `fit` on ``(images, labels)`` or ``(images, labels, weights)``.

    Labels are classes ``(n,)``, or bits ``(n, attributes)``; weights have the shape of the labels.
    """

    def __init__(self, config: Config, shape: tuple[int, ...], outputs: int, one_of: bool) -> None:
        super().__init__(name="classifier")
        self.trunk = build_trunk(config, shape)
        features = keras.Input((config.features,), name="features")
        logits = layers.Dense(outputs, dtype="float32", name="logits")(layers.Activation("relu")(features))
        self.head = keras.Model(features, logits, name="head")
        self.one_of = one_of
        kind = keras.metrics.SparseCategoricalAccuracy if one_of else keras.metrics.BinaryAccuracy
        self.accuracy_tracker = kind(name="accuracy")
        self.built = True

    def call(self, images: Any, training: bool = False) -> Any:
        """Logits, float32 ``(n, classes)`` or ``(n, attributes)``."""
        return self.head(self.trunk(images, training=training))

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Cross-entropy in nats, weighted, averaged over the batch and over attributes."""
        if self.one_of:
            self.accuracy_tracker.update_state(y, y_pred)
            nats = keras.losses.sparse_categorical_crossentropy(y, y_pred, from_logits=True)
        else:
            y = ops.cast(y, "float32")
            self.accuracy_tracker.update_state(y, ops.sigmoid(y_pred))
            nats = ops.softplus(y_pred) - y * y_pred
        return ops.mean(nats if sample_weight is None else sample_weight * nats)
