"""Convolutional variational autoencoder (Kingma & Welling, 2014, arXiv:1312.6114).

The likelihood is Bernoulli on logits. Both terms of the objective are in nats and summed, the reconstruction over
pixels and the KL divergence over latents, so that their sum is the negative evidence lower bound of an image.
"""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from atelier.core.params.families.vae import Config
from atelier.core.spec import Spec

__all__ = ["VAE", "Config", "bernoulli_nats", "build", "gaussian_kl_nats", "pixels"]


def build(config: Config, spec: Spec) -> "VAE":
    """Build the untrained network for images of `spec`.

    Raises:
        ValueError: the sides of an image are no multiple of 2 for each of `config.decoder_filters`.
    """
    height, width, _ = spec.shape
    filters = config.decoder_filters
    factor = 2 ** len(filters)
    if height % factor or width % factor:
        raise ValueError(
            f"decoder_filters {list(filters)} double a feature map {len(filters)} times, which needs sides divisible "
            f"by {factor}; those of {spec.name} are {height} and {width}"
        )
    return VAE(config, spec.shape)


def build_encoder(config: Config, shape: tuple[int, int, int]) -> keras.Model:
    """Images, uint8 ``(n, h, w, c)`` → ``z_mean`` and ``z_log_var``, each ``(n, latent_dim)``."""
    image = keras.Input(shape, dtype="uint8", name="image")
    x = layers.Rescaling(1 / 255, name="scale")(image)
    for filters in config.encoder_filters:
        x = layers.Conv2D(filters, 3, strides=2, padding="same", activation=config.activation)(x)
    x = layers.Flatten()(x)
    for units in config.encoder_dense:
        x = layers.Dense(units, activation=config.activation)(x)
    z_mean = layers.Dense(config.latent_dim, dtype="float32", name="z_mean")(x)
    z_log_var = layers.Dense(config.latent_dim, dtype="float32", name="z_log_var")(x)
    return keras.Model(image, [z_mean, z_log_var], name="encoder")


def build_decoder(config: Config, shape: tuple[int, int, int]) -> keras.Model:
    """Latents ``(n, latent_dim)`` → logits of the pixels, float32 ``(n, h, w, c)``."""
    z = keras.Input((config.latent_dim,), name="z")
    x = z
    for units in config.decoder_dense:
        x = layers.Dense(units, activation=config.activation)(x)
    if config.decoder_filters:
        logits = _convolutional_logits(x, config, shape)
    else:
        pixels = layers.Dense(shape[0] * shape[1] * shape[2], dtype="float32", name="pixels")(x)
        logits = layers.Reshape(shape, dtype="float32", name="logits")(pixels)
    return keras.Model(z, logits, name="decoder")


def _convolutional_logits(x: Any, config: Config, shape: tuple[int, int, int]) -> Any:
    height, width, channels = shape
    factor = 2 ** len(config.decoder_filters)
    smallest = (height // factor, width // factor, config.decoder_filters[0])
    x = layers.Dense(smallest[0] * smallest[1] * smallest[2], activation=config.activation)(x)
    x = layers.Reshape(smallest)(x)
    for filters in config.decoder_filters:
        x = layers.Conv2DTranspose(filters, 3, strides=2, padding="same", activation=config.activation)(x)
    return layers.Conv2DTranspose(channels, 3, padding="same", dtype="float32", name="logits")(x)


def bernoulli_nats(images: Any, logits: Any) -> Any:
    """−log p(x|z) of each image in nats, summed over pixels.

    Args:
        images: uint8 ``(n, h, w, c)``; grey levels are read as probabilities.
        logits: float32 of the same shape.
    """
    target = ops.cast(images, "float32") / 255
    # softplus(l) − t·l is the cross-entropy of t against sigmoid(l), without overflow.
    return ops.sum(ops.softplus(logits) - target * logits, axis=(1, 2, 3))


def gaussian_kl_nats(z_mean: Any, z_log_var: Any) -> Any:
    """KL(q(z|x) ‖ N(0, I)) in nats, elementwise ``(n, latent_dim)`` (Kingma & Welling, appendix B)."""
    return 0.5 * (ops.square(z_mean) + ops.exp(z_log_var) - 1 - z_log_var)


class VAE(keras.Model):
    """Encoder, reparametrised draw and decoder, trained by `fit` on uint8 images alone.

    Attributes:
        config: the parameters that it was built from.
        encoder, decoder: the two halves, see `build_encoder` and `build_decoder`.
        kl_weight: weight of the KL term while training; `on_epoch_begin` moves it from zero to ``config.beta``.
    """

    def __init__(self, config: Config, shape: tuple[int, int, int]) -> None:
        super().__init__(name="vae")
        self.config = config
        self.encoder = build_encoder(config, shape)
        self.decoder = build_decoder(config, shape)
        self.seed_generator = keras.random.SeedGenerator()
        self.kl_weight = self.add_weight(name="kl_weight", shape=(), initializer="ones", trainable=False)
        self.reconstruction_tracker = keras.metrics.Mean(name="reconstruction")
        self.kl_tracker = keras.metrics.Mean(name="kl")
        self.built = True

    def call(self, images: Any) -> dict[str, Any]:
        """The posterior's ``z_mean`` and ``z_log_var``, and the ``logits`` at one draw of z for each image."""
        z_mean, z_log_var = self.encoder(images)
        noise = keras.random.normal(ops.shape(z_mean), dtype="float32", seed=self.seed_generator)
        z = z_mean + ops.exp(0.5 * z_log_var) * noise
        return {"z_mean": z_mean, "z_log_var": z_log_var, "logits": self.decoder(z)}

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Reconstruction + weight · KL in nats, averaged over the batch; validation uses the final weight β."""
        reconstruction = bernoulli_nats(x, y_pred["logits"])
        kl = ops.sum(gaussian_kl_nats(y_pred["z_mean"], y_pred["z_log_var"]), axis=1)
        self.reconstruction_tracker.update_state(reconstruction)
        self.kl_tracker.update_state(kl)
        weight = self.kl_weight if training else self.config.beta
        return ops.mean(reconstruction + weight * kl)

    def on_epoch_begin(self, epoch: int) -> None:
        """Set the weight of the KL term for `epoch`, counted from zero."""
        warmup = self.config.kl_warmup_epochs
        share = min(1.0, (epoch + 1) / (warmup + 1)) if warmup else 1.0
        self.kl_weight.assign(share * self.config.beta)


def pixels(logits: np.ndarray) -> np.ndarray:
    """The mean of the likelihood as a picture: float32 logits → uint8 of the same shape."""
    return np.rint(255 / (1 + np.exp(-logits.astype(np.float64)))).astype(np.uint8)
