"""Parameters of a dataset of film reviews, positive and negative, as a tar of text files (IMDb)."""

from typing import Literal

from pydantic import Field

from atelier.params.strict import Strict


class Embedded(Strict):
    """How many reviews the offline twin writes, half of train and test positive, and with which seed."""

    train: int = Field(ge=100, le=50_000)
    test: int = Field(ge=100, le=50_000)
    unsup: int = Field(ge=0, le=100_000)
    seed: int = Field(ge=0)


class Prepare(Strict):
    """What becomes of the reviews.

    Attributes:
        tokenizer: ``word`` (lower-case, without punctuation), or pieces of words that spell anything: ``unigram``
            (Kudo, 2018) or ``bpe`` (Sennrich et al., 2016), both over bytes.
        vocabulary: tokens at most, with the three special ones; pieces need one for each of 256 bytes.
        unsup: whether the unlabelled reviews are trained on too.
        validation: reviews held out of train.
        seed: of the draw that chooses them.
    """

    tokenizer: Literal["word", "unigram", "bpe"]
    vocabulary: int = Field(ge=300, le=1_000_000)
    unsup: bool
    validation: int = Field(ge=1)
    seed: int = Field(ge=0)


class Dataset(Strict):
    source: Literal["embedded", "upstream", "mirror"]
    modality: Literal["text"]
    format: Literal["reviews"]
    embedded: Embedded
    prepare: Prepare
