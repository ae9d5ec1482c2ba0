"""A GAN in the style of a textbook.

Our own version of Chollet, Deep Learning with Python, 2nd edition, section 12.5: the `train_step` passes generated and
real images through the discriminator together, with noisy labels, and generates another batch for the generator. Images
are float32 from 0 to 1.
"""

from typing import Any

import keras
import tensorflow as tf
from keras import layers

LATENT_DIM, BATCH, LEARNING_RATE, SIDE = 128, 32, 1e-4, 64


def generator() -> keras.Model:
    """Build the generator, 3,979,651 parameters; its width grows towards the image."""
    z = keras.Input((LATENT_DIM,))
    x = layers.Reshape((8, 8, 128))(layers.Dense(8 * 8 * 128)(z))
    for filters in (128, 256, 512):
        x = layers.LeakyReLU(0.2)(layers.Conv2DTranspose(filters, 4, strides=2, padding="same")(x))
    return keras.Model(z, layers.Conv2D(3, 5, padding="same", activation="sigmoid")(x))


def discriminator() -> keras.Model:
    """Build the discriminator, 404,801 parameters."""
    image = keras.Input((SIDE, SIDE, 3))
    x = image
    for filters in (64, 128, 128):
        x = layers.LeakyReLU(0.2)(layers.Conv2D(filters, 4, strides=2, padding="same")(x))
    x = layers.Dropout(0.2)(layers.Flatten()(x))
    return keras.Model(image, layers.Dense(1, activation="sigmoid")(x))


class TextbookGAN(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.generator, self.discriminator = generator(), discriminator()
        self.generator_tracker = keras.metrics.Mean(name="g_loss")
        self.discriminator_tracker = keras.metrics.Mean(name="d_loss")
        self.built = True

    def compile(self, **options: Any) -> None:
        super().compile(**options)
        self.generator_optimizer = keras.optimizers.Adam(LEARNING_RATE)
        self.discriminator_optimizer = keras.optimizers.Adam(LEARNING_RATE)
        # A compiled step cannot create variables.
        self.generator_optimizer.build(self.generator.trainable_weights)
        self.discriminator_optimizer.build(self.discriminator.trainable_weights)

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return [self.generator_tracker, self.discriminator_tracker]

    def train_step(self, real: Any) -> dict[str, Any]:
        count = tf.shape(real)[0]
        images = tf.concat([self.generator(tf.random.normal((count, LATENT_DIM))), real], axis=0)
        labels = tf.concat([tf.ones((count, 1)), tf.zeros((count, 1))], axis=0)
        labels += 0.05 * tf.random.uniform(tf.shape(labels))
        with tf.GradientTape() as tape:
            d_loss = tf.reduce_mean(keras.losses.binary_crossentropy(labels, self.discriminator(images, training=True)))
        gradients = tape.gradient(d_loss, self.discriminator.trainable_weights)
        self.discriminator_optimizer.apply(gradients, self.discriminator.trainable_weights)
        z, misleading = tf.random.normal((count, LATENT_DIM)), tf.zeros((count, 1))
        with tf.GradientTape() as tape:
            predictions = self.discriminator(self.generator(z), training=True)
            g_loss = tf.reduce_mean(keras.losses.binary_crossentropy(misleading, predictions))
        gradients = tape.gradient(g_loss, self.generator.trainable_weights)
        self.generator_optimizer.apply(gradients, self.generator.trainable_weights)
        self.generator_tracker.update_state(g_loss)
        self.discriminator_tracker.update_state(d_loss)
        return {metric.name: metric.result() for metric in self.metrics}
