"""Parameters of the family `vae`."""

from typing import Literal

from pydantic import Field

from atelier.modalities.images.params import (
    Conditioned,
    ConditionEvaluated,
    Drawn,
    Interpolations,
    Watched,
    Width,
)
from atelier.params.training import Training

MODALITY = "images"
ENCODER = True


class Config(Conditioned):
    """The network and its objective.

    Attributes:
        encoder_filters: widths of the convolutions, each of stride 2.
        encoder_dense, decoder_dense: widths of the dense layers before and after the latent.
        decoder_filters: widths of the transposed convolutions, each of stride 2; if empty, a dense layer outputs all
            pixels.
        residual_blocks: blocks after each convolution of the encoder and before each of the decoder (He et al., 2016).
        likelihood: of a pixel given the latent: Bernoulli, or a Gaussian or discretised logistic (Salimans et al.,
            2017) with a learned scale for each channel (Rybkin et al., 2021).
        beta: weight of the KL term (Higgins et al., 2017); 1 is the evidence lower bound.
        kl_warmup_epochs: epochs over which that weight rises from zero to `beta`.
    """

    latent_dim: int = Field(ge=1)
    encoder_filters: tuple[Width, ...]
    encoder_dense: tuple[Width, ...]
    decoder_dense: tuple[Width, ...]
    decoder_filters: tuple[Width, ...]
    residual_blocks: int = Field(ge=0)
    likelihood: Literal["bernoulli", "gaussian", "logistic"]
    activation: Literal["relu", "gelu", "silu", "leaky_relu"]
    beta: float = Field(ge=0)
    kl_warmup_epochs: float = Field(ge=0)


class Train(Config, Training, Watched):
    """What `train` reads.

    Attributes:
        affine: standard deviation of the rotation of training images in degrees, of scale and shear in percent.
        elastic: standard deviation of their bending, in pixels.
        clean_epochs: number of last epochs, which use unchanged images.
    """

    affine: float = Field(ge=0, le=45)
    elastic: float = Field(ge=0, le=10)
    flip: bool
    clean_epochs: int = Field(ge=0)


class Sample(Drawn, Interpolations):
    """What `sample` draws; interpolations are between test images.

    Attributes:
        prior: the standard normal, or a mixture of Gaussians fitted to the posteriors of training images (the second
            stage of Ghosh et al., 2020, arXiv:1903.12436).
        manifold: rows and columns of the latent manifold.
    """

    prior: Literal["normal", "mixture"]
    mixture_components: int = Field(ge=1)
    manifold: int = Field(ge=2)
    reconstructions: int = Field(ge=1)


class Evaluate(ConditionEvaluated):
    """How the run is evaluated; `importance_samples` is k of the importance-weighted bound (Burda et al., 2016)."""

    importance_samples: int = Field(ge=1)
