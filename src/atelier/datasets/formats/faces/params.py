"""Parameters of a dataset of aligned faces with binary attributes (CelebA)."""

from typing import Literal

from pydantic import Field

from atelier.params.strict import Strict


class Embedded(Strict):
    """How much the offline twin draws, and with which seed."""

    train: int = Field(ge=100, le=200_000)
    validation: int = Field(ge=50, le=20_000)
    test: int = Field(ge=50, le=20_000)
    seed: int = Field(ge=0)


class Prepare(Strict):
    """What becomes of the pictures.

    Attributes:
        crop: side of the square that is cut out of the middle of a picture, in its pixels.
        size: side of the square that it is scaled to.
        attributes: the attributes that are kept, by upstream's names.
        max_bad: pictures without attributes or that cannot be decoded which may be let go; one more is an error.
        validation, test: shares of the splits where the pictures at hand do not cover the official ones.
        seed: of the hash that then chooses.
    """

    crop: int = Field(ge=16)
    size: int = Field(ge=8)
    attributes: tuple[str, ...] = Field(min_length=1)
    max_bad: int = Field(ge=0)
    validation: float = Field(gt=0, lt=0.5)
    test: float = Field(gt=0, lt=0.5)
    seed: int = Field(ge=0)


class Dataset(Strict):
    source: Literal["embedded", "upstream", "mirror"]
    modality: Literal["images"]
    format: Literal["faces"]
    embedded: Embedded
    prepare: Prepare
