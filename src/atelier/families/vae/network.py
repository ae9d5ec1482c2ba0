"""Convolutional variational autoencoder (Kingma & Welling, 2014, arXiv:1312.6114).

The likelihood of a pixel is Bernoulli, Gaussian or discretised logistic. The loss of an image is its negative evidence
lower bound in nats: the reconstruction summed over pixels, plus the KL divergence summed over latents. If the network
is told conditions, so are the encoder and the decoder (Sohn et al., 2015, "Learning structured output representation
using deep conditional generative models"), and the bound is on −log p(x|condition).
"""

import math
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from atelier.core.spec import Spec
from atelier.families.vae.params import Config
from atelier.modalities.images import conditions

# Initial value of learned scales, in units of the value range 2: about 32 grey levels.
FIRST_SCALE = 0.25


def build(config: Config, spec: Spec) -> "VAE":
    """Build the untrained network for the images of `spec`.

    Raises:
        ValueError: `decoder_filters` do not fit the size of the images, or they have no labels for `condition`.
    """
    height, width, _ = spec.shape
    filters = config.decoder_filters
    factor = 2 ** len(filters)
    if height % factor or width % factor:
        raise ValueError(
            f"decoder_filters: got {list(filters)}, which double a feature map {len(filters)} times and need sides "
            f"divisible by {factor}; images of {spec.name} are {height}×{width}"
        )
    return VAE(config, spec.shape, conditions.width(config.condition, spec))


def build_encoder(config: Config, shape: tuple[int, ...], condition_width: int = 0) -> keras.Model:
    """Build images, uint8 ``(n, h, w, c)`` → ``z_mean`` and ``z_log_var``, each ``(n, latent_dim)``.

    With a `condition_width` there is a second input, the condition ``(n, condition_width)``.
    """
    image = keras.Input(shape, dtype="uint8", name="image")
    x = layers.Rescaling(1 / 255, name="scale")(image)
    for filters in config.encoder_filters:
        x = layers.Conv2D(filters, 3, strides=2, padding="same", activation=config.activation)(x)
        x = _residual(x, filters, config)
    x, inputs = _told(layers.Flatten()(x), image, condition_width)
    for units in config.encoder_dense:
        x = layers.Dense(units, activation=config.activation)(x)
    z_mean = layers.Dense(config.latent_dim, dtype="float32", name="z_mean")(x)
    z_log_var = layers.Dense(config.latent_dim, dtype="float32", name="z_log_var")(x)
    return keras.Model(inputs, [z_mean, z_log_var], name="encoder")


def build_decoder(config: Config, shape: tuple[int, ...], condition_width: int = 0) -> keras.Model:
    """Build latents ``(n, latent_dim)`` → the centre of the likelihood of each pixel, float32 ``(n, h, w, c)``.

    The centre is a logit for the Bernoulli likelihood, and a mean between −1 and 1 for the others. With a
    `condition_width` there is a second input, the condition ``(n, condition_width)``.
    """
    z = keras.Input((config.latent_dim,), name="z")
    x, inputs = _told(z, z, condition_width)
    for units in config.decoder_dense:
        x = layers.Dense(units, activation=config.activation)(x)
    if config.decoder_filters:
        centre = _convolutional_centre(x, config, shape)
    else:
        pixels = layers.Dense(shape[0] * shape[1] * shape[2], dtype="float32", name="pixels")(x)
        centre = layers.Reshape(shape, dtype="float32", name="centre")(pixels)
    return keras.Model(inputs, centre, name="decoder")


def _told(x: Any, first: Any, condition_width: int) -> tuple[Any, Any]:
    """Append the condition to `x`, which a dense layer follows, and return it with the inputs: `first`, or both."""
    if not condition_width:
        return x, first
    condition = keras.Input((condition_width,), name="condition")
    return layers.Concatenate(name="told")([x, condition]), [first, condition]


def _residual(x: Any, filters: int, config: Config) -> Any:
    """Add `residual_blocks` blocks of two convolutions; each block starts as the identity (De & Smith, 2020)."""
    for _ in range(config.residual_blocks):
        change = layers.Conv2D(filters, 3, padding="same")(layers.Activation(config.activation)(x))
        change = layers.Activation(config.activation)(change)
        x = layers.Add()([x, layers.Conv2D(filters, 3, padding="same", kernel_initializer="zeros")(change)])
    return x


def _convolutional_centre(x: Any, config: Config, shape: tuple[int, ...]) -> Any:
    height, width, channels = shape
    factor = 2 ** len(config.decoder_filters)
    smallest = (height // factor, width // factor, config.decoder_filters[0])
    x = layers.Dense(smallest[0] * smallest[1] * smallest[2], activation=config.activation)(x)
    x = layers.Reshape(smallest)(x)
    before = config.decoder_filters[0]
    for filters in config.decoder_filters:
        x = _residual(x, before, config)
        x = layers.Conv2DTranspose(filters, 3, strides=2, padding="same", activation=config.activation)(x)
        before = filters
    return layers.Conv2DTranspose(channels, 3, padding="same", dtype="float32", name="centre")(x)


def bernoulli_nats(target: Any, logits: Any) -> Any:
    """Compute −log p of each pixel; a target from 0 to 1 is the probability of white."""
    # softplus(l) − t·l is the cross-entropy of t against sigmoid(l), without overflow.
    return ops.softplus(logits) - target * logits


def gaussian_nats(target: Any, mean: Any, log_scale: Any) -> Any:
    """Compute −log p of each value's bin: the density of a Gaussian times the width of the bin, 2/255."""
    distance = (target - mean) * ops.exp(-log_scale)
    return 0.5 * ops.square(distance) + log_scale + (0.5 * math.log(2 * math.pi) - math.log(2 / 255))


def logistic_nats(target: Any, mean: Any, log_scale: Any) -> Any:
    """Compute −log p of each value's bin: the mass of a logistic there; the bins at both ends include the tails.

    Salimans et al., 2017, arXiv:1701.05517, eq. 2, with one component.
    """
    scale = ops.exp(-log_scale)
    upper, lower = (target - mean + 1 / 255) * scale, (target - mean - 1 / 255) * scale
    # log(σ(u) − σ(l)) = log σ(u) + log σ(−l) + log(1 − exp(l − u)), exact far from the mean as well.
    within = ops.log_sigmoid(upper) + ops.log_sigmoid(-lower) + ops.log(-ops.expm1(lower - upper))
    at_ends = ops.where(target > 0.999, ops.log_sigmoid(-lower), within)
    return -ops.where(target < -0.999, ops.log_sigmoid(upper), at_ends)


def gaussian_kl_nats(z_mean: Any, z_log_var: Any) -> Any:
    """Compute KL(q(z|x) ‖ N(0, I)) in nats for each latent, ``(n, latent_dim)`` (Kingma & Welling, appendix B)."""
    return 0.5 * (ops.square(z_mean) + ops.exp(z_log_var) - 1 - z_log_var)


class VAE(keras.Model):
    """Encoder, reparametrised sampling and decoder.

    `fit` trains them on uint8 images ``(n, h, w, c)``, or on pairs of these and their conditions ``(n, conditions)``.

    Attributes:
        log_scale: of the Gaussian and the logistic likelihood, learned for each channel; otherwise None.
        kl_weight: weight of the KL term while training; `on_epoch_begin` increases it from zero to ``config.beta``.
        conditions: the table that conditions are drawn from, or None; see `modalities.images.conditions`.
    """

    def __init__(self, config: Config, shape: tuple[int, ...], condition_width: int) -> None:
        super().__init__(name="vae")
        self.config = config
        self.encoder = build_encoder(config, shape, condition_width)
        self.decoder = build_decoder(config, shape, condition_width)
        self.conditions = conditions.add_table(self, condition_width)
        self.log_scale = None
        if config.likelihood != "bernoulli":
            start = keras.initializers.Constant(math.log(FIRST_SCALE))
            self.log_scale = self.add_weight(name="log_scale", shape=shape[-1:], initializer=start, dtype="float32")
        self.seed_generator = keras.random.SeedGenerator()
        self.kl_weight = self.add_weight(name="kl_weight", shape=(), initializer="ones", trainable=False)
        self.reconstruction_tracker = keras.metrics.Mean(name="reconstruction")
        self.kl_tracker = keras.metrics.Mean(name="kl")
        self.built = True

    def call(self, inputs: Any) -> dict[str, Any]:
        """Return ``z_mean``, ``z_log_var`` and the decoder's ``centre`` at one draw of z for each image."""
        images, condition = conditions.split(inputs)
        z_mean, z_log_var = self.encoder(conditions.joined(images, condition))
        noise = keras.random.normal(ops.shape(z_mean), dtype="float32", seed=self.seed_generator)
        z = z_mean + ops.exp(0.5 * z_log_var) * noise
        return {"z_mean": z_mean, "z_log_var": z_log_var, "centre": self.decoder(conditions.joined(z, condition))}

    def reconstruction_nats(self, images: Any, centre: Any) -> Any:
        """Compute −log p(x|z) in nats, ``(n,)``, of images, uint8 ``(n, h, w, c)``, given the decoder's output."""
        images = ops.cast(images, "float32")
        if self.config.likelihood == "bernoulli":
            nats = bernoulli_nats(images / 255, centre)
        else:
            of_pixel = gaussian_nats if self.config.likelihood == "gaussian" else logistic_nats
            nats = of_pixel(images / 127.5 - 1, centre, ops.convert_to_tensor(self.log_scale))
        return ops.sum(nats, axis=(1, 2, 3))

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Return reconstruction + weight · KL in nats, averaged over the batch; validation uses the final weight β."""
        images, _ = conditions.split(x)
        reconstruction = self.reconstruction_nats(images, y_pred["centre"])
        kl = ops.sum(gaussian_kl_nats(y_pred["z_mean"], y_pred["z_log_var"]), axis=1)
        self.reconstruction_tracker.update_state(reconstruction)
        self.kl_tracker.update_state(kl)
        weight = self.kl_weight if training else self.config.beta
        return ops.mean(reconstruction + weight * kl)

    def pixels(self, centre: np.ndarray) -> np.ndarray:
        """Convert outputs of the decoder to images, uint8 of the same shape: the mean of the likelihood."""
        centre = centre.astype(np.float64)
        mean = 1 / (1 + np.exp(-centre)) if self.config.likelihood == "bernoulli" else (centre + 1) / 2
        return np.rint(255 * mean.clip(0, 1)).astype(np.uint8)

    def on_epoch_begin(self, epoch: int) -> None:
        """Set the weight of the KL term for `epoch`, counted from zero."""
        warmup = self.config.kl_warmup_epochs
        share = min(1.0, (epoch + 1) / (warmup + 1)) if warmup else 1.0
        self.kl_weight.assign(share * self.config.beta)
