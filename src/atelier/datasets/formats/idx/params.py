"""Parameters of a dataset of labelled images in IDX files (MNIST and its relatives)."""

from pydantic import Field

from atelier.params.strict import Strict

MODALITY = "images"


class Embedded(Strict):
    """The sizes of the offline twin's splits, and its seed."""

    train: int = Field(ge=100, le=60_000)
    test: int = Field(ge=100, le=10_000)
    seed: int = Field(ge=0)


class Prepare(Strict):
    """How many images of the official train split become the validation split, and the seed of the draw."""

    validation: int = Field(ge=1)
    seed: int = Field(ge=0)
