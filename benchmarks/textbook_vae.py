"""A variational autoencoder in the style of a textbook, and our parameters for the same network.

Our own version of Chollet, Deep Learning with Python, 2nd edition, section 12.4, and of the example "Variational
AutoEncoder" of keras.io: a `train_step` with `tf.GradientTape` on float32 images that were scaled beforehand. The
decoder ends in a sigmoid, as in both; the KL divergence is summed over latents, as in ours.
"""

from typing import Any

import keras
import tensorflow as tf
from keras import layers

from atelier.families.vae.params import Train

LATENT_DIM, BATCH, LEARNING_RATE = 2, 128, 1e-3

# The same network in our parameters: 69,076 weights in the encoder, 65,089 in the decoder.
OURS = Train(
    condition="none",
    latent_dim=LATENT_DIM,
    encoder_filters=(32, 64),
    encoder_dense=(16,),
    decoder_dense=(),
    decoder_filters=(64, 32),
    residual_blocks=0,
    likelihood="bernoulli",
    activation="relu",
    beta=1.0,
    kl_warmup_epochs=0.0,
    affine=0.0,
    elastic=0.0,
    flip=False,
    clean_epochs=0,
    preview_epochs=1,
    watch_images=100,
    seed=0,
    epochs=1,
    batch=BATCH,
    optimizer="adam",
    learning_rate=LEARNING_RATE,
    schedule="constant",
    warmup_epochs=0.0,
    weight_decay=0.0,
    clip_norm=0.0,
    ema=0.0,
    precision="float32",
    jit_compile=False,
    steps_per_execution=1,
)


class Sampler(layers.Layer):
    def call(self, z_mean: Any, z_log_var: Any) -> Any:
        epsilon = tf.random.normal(tf.shape(z_mean))
        return z_mean + tf.exp(0.5 * z_log_var) * epsilon


def encoder() -> keras.Model:
    image = keras.Input((28, 28, 1))
    x = layers.Conv2D(32, 3, activation="relu", strides=2, padding="same")(image)
    x = layers.Conv2D(64, 3, activation="relu", strides=2, padding="same")(x)
    x = layers.Flatten()(x)
    x = layers.Dense(16, activation="relu")(x)
    return keras.Model(image, [layers.Dense(LATENT_DIM)(x), layers.Dense(LATENT_DIM)(x)])


def decoder() -> keras.Model:
    z = keras.Input((LATENT_DIM,))
    x = layers.Dense(7 * 7 * 64, activation="relu")(z)
    x = layers.Reshape((7, 7, 64))(x)
    x = layers.Conv2DTranspose(64, 3, activation="relu", strides=2, padding="same")(x)
    x = layers.Conv2DTranspose(32, 3, activation="relu", strides=2, padding="same")(x)
    return keras.Model(z, layers.Conv2D(1, 3, activation="sigmoid", padding="same")(x))


class TextbookVAE(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder, self.sampler = encoder(), decoder(), Sampler()
        self.total_tracker = keras.metrics.Mean(name="total_loss")
        self.reconstruction_tracker = keras.metrics.Mean(name="reconstruction_loss")
        self.kl_tracker = keras.metrics.Mean(name="kl_loss")
        self.built = True

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return [self.total_tracker, self.reconstruction_tracker, self.kl_tracker]

    def train_step(self, data: Any) -> dict[str, Any]:
        with tf.GradientTape() as tape:
            z_mean, z_log_var = self.encoder(data)
            reconstruction = self.decoder(self.sampler(z_mean, z_log_var))
            cross_entropy = keras.losses.binary_crossentropy(data, reconstruction)
            reconstruction_loss = tf.reduce_mean(tf.reduce_sum(cross_entropy, axis=(1, 2)))
            kl = -0.5 * (1 + z_log_var - tf.square(z_mean) - tf.exp(z_log_var))
            kl_loss = tf.reduce_mean(tf.reduce_sum(kl, axis=1))
            total_loss = reconstruction_loss + kl_loss
        gradients = tape.gradient(total_loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights, strict=True))
        self.total_tracker.update_state(total_loss)
        self.reconstruction_tracker.update_state(reconstruction_loss)
        self.kl_tracker.update_state(kl_loss)
        return {metric.name: metric.result() for metric in self.metrics}
