"""Parameters of a dataset of aligned faces with binary attributes (CelebA)."""

from pydantic import Field

from atelier.params.strict import Strict

MODALITY = "images"


class Embedded(Strict):
    """The sizes of the offline twin's splits, and its seed."""

    train: int = Field(ge=100, le=200_000)
    validation: int = Field(ge=50, le=20_000)
    test: int = Field(ge=50, le=20_000)
    seed: int = Field(ge=0)


class Prepare(Strict):
    """How pictures become arrays.

    Attributes:
        crop: side of the centred square to cut out of a picture, in its pixels.
        size: side of the square that the crop is scaled to.
        attributes: names of the attributes to keep.
        max_bad: the largest number of pictures to drop because they have no attributes or cannot be decoded.
        validation, test: shares of these splits, used only if the pictures do not cover the official partition.
        seed: of the hash that assigns the splits in that case.
    """

    crop: int = Field(ge=16)
    size: int = Field(ge=8)
    attributes: tuple[str, ...] = Field(min_length=1)
    max_bad: int = Field(ge=0)
    validation: float = Field(gt=0, lt=0.5)
    test: float = Field(gt=0, lt=0.5)
    seed: int = Field(ge=0)
