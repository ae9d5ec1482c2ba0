"""Parameters of texts: the judge of a dataset of texts, and how the next token is sampled."""

from typing import Literal

from pydantic import Field

from atelier.modalities.params import Compared, JudgeTraining
from atelier.params.strict import Strict


class Network(Strict):
    """A classifier with convolutions over the embeddings of tokens.

    Attributes:
        length: tokens that are read; longer texts are cut.
        kernels, filters: width of each convolution in tokens, and filters in each.
    """

    length: int = Field(ge=8, le=4096)
    embedding: int = Field(ge=1)
    kernels: tuple[int, ...] = Field(min_length=1)
    filters: int = Field(ge=1)
    features: int = Field(ge=2)
    dropout: float = Field(ge=0, lt=1)


class Train(JudgeTraining, Network):
    """How the classifier is trained; `token_dropout` is the share of training tokens that become the unknown token."""

    token_dropout: float = Field(ge=0, lt=1)


class Gauge(Compared):
    """How floor and ceilings are measured, on texts cut to `tokens` tokens, the greatest length of samples."""

    tokens: int = Field(ge=2)


class Judge(Strict):
    """The section `judges.NAME` of a dataset of texts.

    `labels` are what the judge predicts: the classes of the dataset or, without any, whether the sentences of a text
    were shuffled.
    """

    labels: Literal["classes", "shuffled"]
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
        repetition_penalty: divide by it the positive logits of tokens that the text already contains, and multiply the
            negative ones (Keskar et al., 2019); 1 disables it.
    """

    top_k: int = Field(ge=0)
    top_p: float = Field(gt=0, le=1)
    min_p: float = Field(ge=0, lt=1)
    repetition_penalty: float = Field(ge=1, le=10)


UNFILTERED = Filters(top_k=0, top_p=1.0, min_p=0.0, repetition_penalty=1.0)
