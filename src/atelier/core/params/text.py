"""Parameters that all families of text share: how the next token is chosen."""

from pydantic import Field

from atelier.core.params.strict import Strict


class Filters(Strict):
    """Which tokens may come next, and how they are weighed.

    Attributes:
        top_k: the so many likeliest tokens may come; 0 lets all (Fan et al., 2018).
        top_p: the fewest tokens may come that together are so likely; 1 lets all (Holtzman et al., 2020).
        min_p: tokens may come that are at least so likely, as a share of the likeliest; 0 lets all (Nguyen et al.,
            2024).
        repetition_penalty: logits of tokens that the text holds already are divided by it where positive, else
            multiplied (Keskar et al., 2019); 1 changes nothing.
    """

    top_k: int = Field(ge=0)
    top_p: float = Field(gt=0, le=1)
    min_p: float = Field(ge=0, lt=1)
    repetition_penalty: float = Field(ge=1, le=10)


UNFILTERED = Filters(top_k=0, top_p=1.0, min_p=0.0, repetition_penalty=1.0)
