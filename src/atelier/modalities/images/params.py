"""Parameters of a judge of images, and those that all families of images share."""

from typing import Annotated, Literal

from pydantic import Field

from atelier.modalities.params import Compared, JudgeTraining, Previewed
from atelier.params.strict import Strict

Width = Annotated[int, Field(ge=1)]


class Network(Strict):
    """A convolutional classifier; `features` is the width of its penultimate layer."""

    filters: tuple[int, ...] = Field(min_length=1)
    features: int = Field(ge=2)
    dropout: float = Field(ge=0, lt=1)


class Train(JudgeTraining, Network):
    """How the classifier is trained: images are shifted by up to `shift` pixels and, if `flip`, mirrored at random."""

    shift: int = Field(ge=0)
    flip: bool


class Gauge(Compared):
    """How floor and ceilings are measured.

    Attributes:
        blur: standard deviation of the Gaussian blur, in pixels.
        noise: standard deviation of the added noise, as a share of the value range.
        missing_class: index of the class or attribute that the last ceiling leaves out; None for no such ceiling.
    """

    blur: float = Field(gt=0)
    noise: float = Field(gt=0)
    missing_class: Annotated[int, Field(ge=0)] | None


class Judge(Strict):
    """The section `judges.NAME` of a dataset of images.

    `labels` are what the judge predicts: the classes or the attributes of the dataset or, without any, by how many
    quarter turns a picture was rotated (Gidaris et al., 2018, arXiv:1803.07728).
    """

    labels: Literal["classes", "attributes", "rotations"]
    train: Train
    gauge: Gauge


class Conditioned(Strict):
    """What a network is told of each image: nothing, its class, or its attributes."""

    condition: Literal["none", "class", "attributes"]


class Watched(Previewed):
    """What is measured at each preview: up to `watch_images` samples against as many validation images."""

    watch_images: int = Field(ge=100)


class Drawn(Strict):
    """What `sample` draws: at least as many samples as `evaluate` measures, with seeds from `seed`.

    The report shows the first `shown` of them.
    """

    samples: int = Field(ge=1)
    shown: int = Field(ge=1)
    batch: int = Field(ge=1)
    seed: int = Field(ge=0)


class Interpolations(Strict):
    """Interpolations between `interpolations` pairs of images, with `steps` pictures each, both ends included."""

    interpolations: int = Field(ge=1)
    steps: int = Field(ge=3)


class Evaluated(Compared):
    """How samples are evaluated; `shown` is the number of samples shown beside their nearest training images."""

    shown: int = Field(ge=1)
    batch: int = Field(ge=1)


class ConditionEvaluated(Evaluated):
    """How samples of a network that may be told conditions are evaluated.

    `classifier_epochs` are those of two classifiers, one trained on samples of classes and one on real images; None to
    train neither.
    """

    classifier_epochs: Annotated[int, Field(ge=1)] | None


class Inverter(Strict):
    """An encoder for a generator that has none, and how its latents are improved for each image.

    Attributes:
        filters: widths of the convolutions, each of stride 2.
        judge_weight: weight of the squared error of the judge's features, relative to that of pixels from −1 to 1.
        prior_weight: weight of the squared error of ‖z‖²/latent_dim, which is close to 1 for latents of the prior.
        refine_steps: steps of Adam on z after the encoder; 0 for none.
        refine_rate: learning rate of the first step; it decays to zero along half a cosine.
    """

    filters: tuple[Width, ...] = Field(min_length=1)
    judge_weight: float = Field(ge=0)
    prior_weight: float = Field(ge=0)
    refine_steps: int = Field(ge=0)
    refine_rate: float = Field(gt=0, le=1)


class InverterNetwork(Inverter):
    """An inverter for latents of `latent_dim` numbers and conditions of `conditions` numbers, 0 without a condition."""

    latent_dim: int = Field(ge=1)
    conditions: int = Field(ge=0)
