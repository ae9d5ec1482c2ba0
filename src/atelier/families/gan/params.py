"""Parameters of the family `gan`."""

from typing import Literal

from pydantic import Field, model_validator

from atelier.modalities.images.params import Conditioned, ConditionEvaluated, Drawn, Interpolations, Watched, Width
from atelier.params.training import Training

MODALITY = "images"
ENCODER = False

# Losses with labels as targets, which can be smoothed.
LABELLED = ("non_saturating", "least_squares")


class Config(Conditioned):
    """The two networks and their loss.

    The textbook (Chollet, 2021, listing 12.26) has `resampling` ``strided``, ``generator_base`` 128,
    ``generator_filters`` 128, 256, 512 and ``discriminator_filters`` 64, 128, 128 for 64×64 pixels; widths that
    decrease towards the image are much cheaper.

    Attributes:
        space_to_depth: side of the blocks of pixels that both networks treat as channels; 1 for none.
        resampling: ``strided``: convolutions of kernel 4 and stride 2, transposed in the generator. ``pooled``:
            repeated pixels, and a second convolution at half weight, in the generator; average pooling in the
            discriminator, between all convolutions but the first two and after the last but one.
        generator_base: channels of the smallest feature map.
        generator_filters: widths of the steps that each double the feature map, with `generator_norm`.
        generator_norm: batch normalisation, or that of each pixel's vector (Karras et al., 2018).
        output_kernel: kernel size of the last convolution; 5 in the textbook.
        discriminator_filters: widths of the convolutions.
        discriminator_features: width of a dense layer before the logit; 0 for none.
        dropout: before the discriminator's last layer.
        loss: non-saturating (Goodfellow et al., 2014), least squares (Mao et al., 2017), hinge (Lim & Ye, 2017) or
            relativistic pairing (Jolicoeur-Martineau, 2019), all on logits.
        r1, r2: weights γ of the penalties γ/2·‖∇D‖² at real and at generated images; both with the relativistic loss
            make R3GAN (Huang et al., 2024, arXiv:2501.05441).
        label_smoothing: ε; the label of real images is 1 − ε (Salimans et al., 2016).
        label_noise: largest random change of a label towards one half.
        augment: differentiable augmentations of all images that the discriminator sees (Zhao et al., 2020).
        ema: decay of the generator's average; 0 for none.
    """

    latent_dim: int = Field(ge=1)
    space_to_depth: Literal[1, 2, 4]
    resampling: Literal["strided", "pooled"]
    generator_base: int = Field(ge=1)
    generator_filters: tuple[Width, ...] = Field(min_length=1)
    generator_norm: Literal["none", "batch", "pixel"]
    output_kernel: int = Field(ge=1)
    discriminator_filters: tuple[Width, ...] = Field(min_length=1)
    discriminator_features: int = Field(ge=0)
    dropout: float = Field(ge=0, lt=1)
    loss: Literal["non_saturating", "least_squares", "hinge", "relativistic"]
    r1: float = Field(ge=0)
    r2: float = Field(ge=0)
    label_smoothing: float = Field(ge=0, lt=0.5)
    label_noise: float = Field(ge=0, lt=0.5)
    augment: tuple[Literal["translation", "cutout", "colour"], ...]
    ema: float = Field(ge=0, lt=1)

    @model_validator(mode="after")
    def _labels_belong_to_a_labelled_loss(self) -> "Config":
        if self.loss not in LABELLED and (self.label_smoothing or self.label_noise):
            raise ValueError(f"the loss {self.loss!r} has no labels; label_smoothing and label_noise must be 0.0")
        return self


class Train(Config, Training, Watched):
    """What `train` reads; `ema` is the decay of the generator's average, `learning_rate` that of the generator.

    Attributes:
        beta_1, beta_2: of Adam, for both networks.
        patience: training stops after `patience` epochs in which the discriminator classifies all images correctly, or
            `patience` previews with coverage below `least_coverage` or class entropy below `least_entropy`, if it was
            above before.
    """

    optimizer: Literal["adam", "adamw"]
    beta_1: float = Field(ge=0, lt=1)
    beta_2: float = Field(ge=0, lt=1)
    discriminator_learning_rate: float = Field(gt=0, le=1)
    flip: bool
    patience: int = Field(ge=1)
    least_coverage: float = Field(ge=0, le=1)
    least_entropy: float = Field(ge=0)


class Sample(Drawn, Interpolations):
    """What `sample` draws; interpolations are between samples."""


class Evaluate(ConditionEvaluated):
    """How the run is evaluated."""
