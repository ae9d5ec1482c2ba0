"""The network of a judge of images: a convolutional classifier."""

import keras
from keras import layers

from atelier.core.spec import Spec
from atelier.modalities.classifier import Classifier
from atelier.modalities.images.params import Network as Config

__all__ = ["Config", "build"]


def build(config: Config, spec: Spec) -> Classifier:
    """Build the untrained classifier for the images and the classes, or else the attributes, of `spec`."""
    outputs = len(spec.classes) or len(spec.attributes)
    return Classifier(build_trunk(config, spec.shape), outputs, one_of=bool(spec.classes))


def build_trunk(config: Config, shape: tuple[int, ...]) -> keras.Model:
    """Build images, uint8 ``(n, h, w, c)`` → features, float32 ``(n, features)``."""
    image = keras.Input(shape, dtype="uint8", name="image")
    x = layers.Rescaling(1 / 127.5, offset=-1, name="scale")(image)
    for filters in config.filters:
        for _ in range(2):
            x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
            x = layers.BatchNormalization(momentum=0.9)(x)
            x = layers.Activation("relu")(x)
        # Averaging before subsampling makes features change little when an image shifts.
        x = layers.AveragePooling2D(2, padding="same")(x)
        x = layers.Dropout(config.dropout)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(config.features, dtype="float32")(x)
    # Mean 0 and variance 1 within each image: the scale of distances does not depend on the judge's confidence.
    features = layers.LayerNormalization(center=False, scale=False, dtype="float32", name="features")(x)
    return keras.Model(image, features, name="trunk")


def differentiable(trunk: keras.Model) -> keras.Model:
    """Return a trunk for images as floats from 0 to 255, with the same layers; uint8 inputs have no gradient."""
    return keras.Sequential([keras.Input(trunk.input_shape[1:]), *trunk.layers[1:]], name="differentiable_trunk")
