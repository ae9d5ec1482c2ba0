"""Parameters of a judge of texts: its network, its training, and how its own distances are gauged."""

from typing import Literal

from pydantic import Field

from atelier.core.params.gauging import Gauging
from atelier.core.params.strict import Strict
from atelier.core.params.training import Training


class Network(Strict):
    """Convolutions over the embeddings of a text's tokens.

    Attributes:
        length: tokens that are read; longer texts are cut.
        embedding: width of a token's embedding.
        kernels: tokens that each kind of convolution spans.
        filters: of each kind.
        features: width of the penultimate layer.
    """

    length: int = Field(ge=8, le=4096)
    embedding: int = Field(ge=1)
    kernels: tuple[int, ...] = Field(min_length=1)
    filters: int = Field(ge=1)
    features: int = Field(ge=2)
    dropout: float = Field(ge=0, lt=1)


class Train(Training, Network):
    """`token_dropout` is the share of a training text's tokens that are made unknown."""

    token_dropout: float = Field(ge=0, lt=1)


class Gauge(Gauging):
    """The real and the damaged draws that floor and ceilings are measured on.

    Attributes:
        tokens: the first so many tokens of a text are compared; as many as samples have at most.
    """

    tokens: int = Field(ge=2)


class Judge(Strict):
    modality: Literal["text"]
    train: Train
    gauge: Gauge
