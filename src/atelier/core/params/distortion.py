"""Parameters of the small distortions that a family may give its training images."""

from pydantic import Field

from atelier.core.params.strict import Strict


class Distortion(Strict):
    """How far training images are distorted; zeros turn it off.

    Attributes:
        affine: standard deviation of the rotation in degrees, of scale and shear in percent.
        elastic: standard deviation of the bending, in pixels.
        clean_epochs: epochs at the end without it, so that the model ends on the images as they are.
    """

    affine: float = Field(ge=0, le=45)
    elastic: float = Field(ge=0, le=10)
    clean_epochs: int = Field(ge=0)
