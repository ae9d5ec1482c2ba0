"""Parameters of a dataset of labelled images in IDX files (MNIST and its relatives)."""

from typing import Literal

from pydantic import Field

from atelier.params.strict import Strict

Source = Literal["embedded", "upstream", "mirror"]


class Embedded(Strict):
    """How much the offline twin draws, and with which seed."""

    train: int = Field(ge=100, le=60_000)
    test: int = Field(ge=100, le=10_000)
    seed: int = Field(ge=0)


class Prepare(Strict):
    """How many images of the official train split are held out for validation, and by which draw."""

    validation: int = Field(ge=1)
    seed: int = Field(ge=0)


class Dataset(Strict):
    source: Source
    modality: Literal["images"]
    format: Literal["idx"]
    embedded: Embedded
    prepare: Prepare
