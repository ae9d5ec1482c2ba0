"""Parameters of a judge of images: its network, its training, and how its own distances are gauged."""

from typing import Literal

from pydantic import Field

from atelier.core.params.gauging import Gauging
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


class Gauge(Gauging):
    """How images are damaged for the ceilings.

    Attributes:
        blur: standard deviation of the Gaussian blur, in pixels.
        noise: standard deviation of the added noise, as a share of the value range.
        missing_class: the class, or the attribute, that the last ceiling leaves out; counted from zero.
    """

    blur: float = Field(gt=0)
    noise: float = Field(gt=0)
    missing_class: int = Field(ge=0)


class Judge(Strict):
    modality: Literal["images"]
    train: Train
    gauge: Gauge
