"""Parameters of images: the judge of a dataset of images, and what all families of images share."""

from pydantic import Field

from atelier.modalities.params import Compared, Gauging, JudgeTraining, Previewed
from atelier.params.strict import Strict


class Network(Strict):
    """A convolutional classifier; `features` is the width of its penultimate layer."""

    filters: tuple[int, ...] = Field(min_length=1)
    features: int = Field(ge=2)
    dropout: float = Field(ge=0, lt=1)


class Train(JudgeTraining, Network):
    """How the classifier is trained.

    Attributes:
        shift: largest random shift of a training image, in pixels.
        flip: mirror half of the training images.
    """

    shift: int = Field(ge=0)
    flip: bool


class Gauge(Gauging):
    """How images are damaged for the ceilings.

    Attributes:
        blur: standard deviation of the Gaussian blur, in pixels.
        noise: standard deviation of the added noise, as a share of the value range.
        missing_class: index of the class or the attribute that the last ceiling leaves out.
    """

    blur: float = Field(gt=0)
    noise: float = Field(gt=0)
    missing_class: int = Field(ge=0)


class Judge(Strict):
    """The section `judges.NAME` of a dataset of images."""

    train: Train
    gauge: Gauge


class Watched(Previewed):
    """What is measured during training.

    Attributes:
        watch_images: samples that the judge compares with validation images at each preview; at most as many as the
            validation split has.
    """

    watch_images: int = Field(ge=100)


class Drawn(Strict):
    """What `sample` draws.

    Attributes:
        samples: images to draw; `evaluate` needs at least as many as it measures.
        shown: images in the picture of samples.
        batch: images that the network draws at once.
        seed: of the first sample; each following sample has the next seed.
    """

    samples: int = Field(ge=1)
    shown: int = Field(ge=1)
    batch: int = Field(ge=1)
    seed: int = Field(ge=0)


class Interpolations(Strict):
    """Interpolations between two images.

    Attributes:
        interpolations: pairs of images.
        steps: pictures from one to the other, both included.
    """

    interpolations: int = Field(ge=1)
    steps: int = Field(ge=3)


class Evaluated(Compared):
    """How samples are evaluated.

    Attributes:
        shown: samples shown beside their nearest training images.
        batch: images that a network sees at once.
    """

    shown: int = Field(ge=1)
    batch: int = Field(ge=1)
