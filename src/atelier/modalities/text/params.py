"""Parameters of texts: the judge of a dataset of texts, and how the next token is sampled."""

from pydantic import Field

from atelier.modalities.params import Gauging, JudgeTraining
from atelier.params.strict import Strict


class Network(Strict):
    """A classifier with convolutions over the embeddings of tokens.

    Attributes:
        length: tokens that are read; longer texts are cut.
        embedding: width of a token's embedding.
        kernels: widths of the convolutions, in tokens.
        filters: filters for each width.
        features: width of the penultimate layer.
    """

    length: int = Field(ge=8, le=4096)
    embedding: int = Field(ge=1)
    kernels: tuple[int, ...] = Field(min_length=1)
    filters: int = Field(ge=1)
    features: int = Field(ge=2)
    dropout: float = Field(ge=0, lt=1)


class Train(JudgeTraining, Network):
    """How the classifier is trained.

    Attributes:
        token_dropout: share of the tokens of a training text that are replaced by the unknown token.
    """

    token_dropout: float = Field(ge=0, lt=1)


class Gauge(Gauging):
    """The real and the damaged draws that floor and ceilings are measured on.

    Attributes:
        tokens: length to which texts are cut before they are compared; the longest that samples can be.
    """

    tokens: int = Field(ge=2)


class Judge(Strict):
    """The section `judges.NAME` of a dataset of texts."""

    train: Train
    gauge: Gauge


class Filters(Strict):
    """Which tokens can be sampled next, and how they are weighted.

    Attributes:
        top_k: sample only from the `top_k` most probable tokens (Fan et al., 2018); 0 disables it.
        top_p: sample only from the smallest set of most probable tokens whose probabilities sum to at least `top_p`
            (Holtzman et al., 2020); 1 disables it.
        min_p: sample only tokens with at least `min_p` times the probability of the most probable one (Nguyen et al.,
            2024); 0 disables it.
        repetition_penalty: divide positive logits of tokens that the text already contains by it, and multiply negative
            ones (Keskar et al., 2019); 1 disables it.
    """

    top_k: int = Field(ge=0)
    top_p: float = Field(gt=0, le=1)
    min_p: float = Field(ge=0, lt=1)
    repetition_penalty: float = Field(ge=1, le=10)


UNFILTERED = Filters(top_k=0, top_p=1.0, min_p=0.0, repetition_penalty=1.0)
