"""The judge's network: a small convolutional classifier whose penultimate layer gives the features of the proxies."""

from typing import Any

import keras
from keras import layers, ops

from atelier.core.params.judge import Network as Config
from atelier.core.spec import Spec

__all__ = ["Classifier", "Config", "build"]


def build(config: Config, spec: Spec) -> "Classifier":
    """Build the untrained classifier for the images and classes of `spec`."""
    return Classifier(config, spec.shape, len(spec.classes))


def build_trunk(config: Config, shape: tuple[int, int, int]) -> keras.Model:
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
    """Trunk and linear head, trained by `fit` on ``(images, labels)``."""

    def __init__(self, config: Config, shape: tuple[int, int, int], classes: int) -> None:
        super().__init__(name="classifier")
        self.trunk = build_trunk(config, shape)
        features = keras.Input((config.features,), name="features")
        logits = layers.Dense(classes, dtype="float32", name="logits")(layers.Activation("relu")(features))
        self.head = keras.Model(features, logits, name="head")
        self.accuracy_tracker = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
        self.built = True

    def call(self, images: Any, training: bool = False) -> Any:
        """Logits, float32 ``(n, classes)``."""
        return self.head(self.trunk(images, training=training))

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
