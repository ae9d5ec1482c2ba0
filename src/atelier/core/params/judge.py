"""Parameters of a judge: its network, its training, and how its own distances are gauged."""

from pydantic import Field

from atelier.core.params.strict import Strict
from atelier.core.params.training import Training


class Network(Strict):
    """A convolutional classifier; `features` is the width of its penultimate layer."""

    filters: tuple[int, ...] = Field(min_length=1)
    features: int = Field(ge=2)
    dropout: float = Field(ge=0, lt=1)


class Train(Training, Network):
    """`shift` moves training images by up to so many pixels, `flip` mirrors half of them."""

    shift: int = Field(ge=0)
    flip: bool


class Gauge(Strict):
    """The real and the corrupted draws that floor and ceilings are measured on.

    Attributes:
        samples: images in each draw (N).
        neighbours: k of the nearest-neighbour metrics.
        subsets, subset_size: draws that KID is averaged over.
        blur: standard deviation of the Gaussian blur, in pixels.
        noise: standard deviation of the added noise, as a share of the value range.
        missing_class: the class, or the attribute, that the last ceiling leaves out; counted from zero.
    """

    samples: int = Field(ge=100)
    neighbours: int = Field(ge=1)
    subsets: int = Field(ge=1)
    subset_size: int = Field(ge=10)
    blur: float = Field(gt=0)
    noise: float = Field(gt=0)
    missing_class: int = Field(ge=0)
    seed: int = Field(ge=0)


class Judge(Strict):
    train: Train
    gauge: Gauge
