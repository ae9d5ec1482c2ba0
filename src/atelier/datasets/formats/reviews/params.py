"""Parameters of a dataset of film reviews, positive and negative, as a tar of text files (IMDb)."""

from typing import Literal

from pydantic import Field

from atelier.params.strict import Strict

MODALITY = "text"


class Embedded(Strict):
    """The sizes of the offline twin's splits, and its seed; half of the reviews in train and test are positive."""

    train: int = Field(ge=100, le=50_000)
    test: int = Field(ge=100, le=50_000)
    unsup: int = Field(ge=0, le=100_000)
    seed: int = Field(ge=0)


class Prepare(Strict):
    """How reviews become tokens.

    Attributes:
        tokenizer: ``word``: lower-case words without punctuation; ``bpe``: sub-words over bytes, which encode any text
            (Sennrich et al., 2016).
        vocabulary: the largest number of tokens, the three special ones included; ``bpe`` needs one for each byte.
        unsup: whether train includes the unlabelled reviews.
        validation: the number of reviews held out of train.
        seed: of the hash that chooses them.
    """

    tokenizer: Literal["word", "bpe"]
    vocabulary: int = Field(ge=300, le=1_000_000)
    unsup: bool
    validation: int = Field(ge=1)
    seed: int = Field(ge=0)
