"""Parameters of the family `vae`."""

from typing import Annotated, Literal

from pydantic import Field

from atelier.core.params.strict import Strict
from atelier.core.params.training import Training

Width = Annotated[int, Field(ge=1)]


class Config(Strict):
    """The network and its objective.

    Attributes:
        encoder_filters: widths of the encoder's convolutions, each of stride 2.
        encoder_dense: widths of the dense layers from there to the latent.
        decoder_dense: widths of the dense layers from the latent to the smallest feature map.
        decoder_filters: widths of the transposed convolutions, each of stride 2; with none, a dense layer gives all
            pixels.
        residual_blocks: after each convolution of the encoder, and before each of the decoder (He et al., 2016).
        likelihood: of a pixel given the latent: Bernoulli, or a Gaussian or a discretised logistic (Salimans et al.,
            2017) whose scale is learned for each channel (Rybkin et al., 2021).
        beta: weight of the KL term (Higgins et al., 2017); 1 is the evidence lower bound.
        kl_warmup_epochs: epochs over which the weight of the KL term rises from zero to `beta`.
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


class Train(Config, Training):
    """What `train` reads.

    Attributes:
        affine: standard deviation of the rotation of training images in degrees, of scale and shear in percent.
        elastic: standard deviation of their bending, in pixels.
        flip: whether half of them are mirrored.
        clean_epochs: epochs at the end without any of it, so that the model ends on the images as they are.
        preview_epochs: epochs between previews of fixed latents, with KID, coverage and class entropy of as many
            samples as `watch_images`.
    """

    affine: float = Field(ge=0, le=45)
    elastic: float = Field(ge=0, le=10)
    flip: bool
    clean_epochs: int = Field(ge=0)
    preview_epochs: int = Field(ge=1)
    watch_images: int = Field(ge=100)


class Sample(Strict):
    """What `sample` draws.

    Attributes:
        samples: images from the prior; `evaluate` needs at least as many as it measures.
        prior: the standard normal, or a mixture of Gaussians fitted to the posteriors' means of training images (the
            second stage of Ghosh et al., 2020, arXiv:1903.12436).
        mixture_components: Gaussians in that mixture.
        shown: images in the picture of samples.
        manifold: rows and columns of the latent manifold.
        reconstructions: test images shown beside their reconstructions.
        interpolations, steps: pairs of test images, and pictures from one to the other.
    """

    samples: int = Field(ge=1)
    prior: Literal["normal", "mixture"]
    mixture_components: int = Field(ge=1)
    shown: int = Field(ge=1)
    manifold: int = Field(ge=2)
    reconstructions: int = Field(ge=1)
    interpolations: int = Field(ge=1)
    steps: int = Field(ge=3)
    batch: int = Field(ge=1)
    seed: int = Field(ge=0)


class Evaluate(Strict):
    """How the run is judged.

    Attributes:
        samples: N of every distance.
        neighbours: k of precision, recall, density and coverage.
        subsets, subset_size: draws that KID is averaged over.
        importance_samples: k of the importance-weighted bound (Burda et al., 2016).
        shown: samples shown beside their nearest training images.
    """

    samples: int = Field(ge=100)
    neighbours: int = Field(ge=1)
    subsets: int = Field(ge=1)
    subset_size: int = Field(ge=10)
    importance_samples: int = Field(ge=1)
    shown: int = Field(ge=1)
    batch: int = Field(ge=1)
    seed: int = Field(ge=0)
