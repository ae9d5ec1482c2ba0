"""Parameters of the family `transformer_lm`."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from atelier.core.params.strict import Strict
from atelier.core.params.text import Filters
from atelier.core.params.training import Training

MODALITY = "text"

Temperature = Annotated[float, Field(ge=0, le=10)]


class Config(Strict):
    """What the network is built from.

    Attributes:
        context: the most tokens that a prediction may look back on.
        width: of the residual stream, and of an embedding.
        depth: blocks.
        heads: of attention in each block; each has ``width / heads`` dimensions.
        hidden: width inside the feed-forward layer.
        activation: inside the feed-forward layer; `swiglu` multiplies two branches (Shazeer, 2020, arXiv:2002.05202).
        norm: layer normalisation (Ba et al., 2016) or its root-mean-square kind (Zhang & Sennrich, 2019).
        norm_position: before each sub-layer (pre-norm), or after its residual sum (Vaswani et al., 2017).
        positions: rotary (Su et al., 2021, arXiv:2104.09864), or a learned embedding of each.
        tied: whether the embedding is the softmax's matrix as well (Press & Wolf, 2017).
        dropout: of embeddings and of what each sub-layer adds.
    """

    context: int = Field(ge=8, le=4096)
    width: int = Field(ge=8)
    depth: int = Field(ge=1, le=256)
    heads: int = Field(ge=1)
    hidden: int = Field(ge=8)
    activation: Literal["relu", "gelu", "swiglu"]
    norm: Literal["layer", "rms"]
    norm_position: Literal["pre", "post"]
    positions: Literal["rotary", "learned"]
    tied: bool
    dropout: float = Field(ge=0, lt=1)

    @model_validator(mode="after")
    def _heads_share_the_width(self) -> "Config":
        if self.width % self.heads:
            raise ValueError(f"width {self.width} is no multiple of heads {self.heads}")
        if self.positions == "rotary" and self.width // self.heads % 2:
            raise ValueError(f"rotary positions turn pairs, so width / heads {self.width // self.heads} must be even")
        return self


class Train(Config, Training):
    """What `train` reads; the epoch with the lowest validation loss is kept.

    Attributes:
        batch: rows of `context` tokens, filled with texts one after the other.
        steps_per_epoch: batches from one validation to the next; 0: as many as the train split has. What one epoch
            leaves unread, the next one reads.
        embedding: where embeddings begin: `random`, or `cooccurrence`: at the leading directions of what stands beside
            what in the train split, which spares the network learning them from its loss.
        validation_tokens: of the validation split, that validation measures.
        preview_epochs: epochs between texts that show how the model grows.
        preview_prompt: what these texts begin with.
        preview_temperatures: one text for each.
        preview_tokens: the most tokens of each.
        watch_texts: texts that the judge compares with the validation split at each preview.
    """

    steps_per_epoch: int = Field(ge=0)
    embedding: Literal["random", "cooccurrence"]
    validation_tokens: int = Field(ge=1000)
    preview_epochs: int = Field(ge=1)
    preview_prompt: str
    preview_temperatures: tuple[Temperature, ...] = Field(min_length=1)
    preview_tokens: int = Field(ge=2)
    watch_texts: int = Field(ge=100)


class Sample(Filters):
    """What `sample` writes, at each of `temperatures`.

    Attributes:
        samples: texts from nothing, which `evaluate` measures.
        prompt: what the texts that are shown begin with.
        shown: texts from the prompt.
        max_tokens: the most tokens of a text.
    """

    temperatures: tuple[Temperature, ...] = Field(min_length=1)
    samples: int = Field(ge=1)
    prompt: str
    shown: int = Field(ge=1)
    max_tokens: int = Field(ge=2)
    batch: int = Field(ge=1)
    seed: int = Field(ge=0)


class Evaluate(Strict):
    """How the run is judged.

    Attributes:
        temperature: one of those sampled: the one whose numbers are metrics.
        samples: N of every statistic of samples, and of the human texts beside them.
        test_texts: texts of the test split, drawn by `seed`, whose likelihood is measured.
        stride: tokens that a window moves on when the test split is measured; each token has at least
            ``context − stride`` before it, or its whole text.
        order: of the n-gram model beside it.
        bleu_samples: texts whose BLEU against all others is averaged.
        longest: samples shown beside the train text that they share their longest span with.
        neighbours: k of precision, recall, density and coverage.
        subsets, subset_size: draws that KID is averaged over.
    """

    temperature: Temperature
    samples: int = Field(ge=100)
    test_texts: int = Field(ge=100)
    stride: int = Field(ge=1)
    order: int = Field(ge=2, le=8)
    bleu_samples: int = Field(ge=2)
    longest: int = Field(ge=1)
    neighbours: int = Field(ge=1)
    subsets: int = Field(ge=1)
    subset_size: int = Field(ge=10)
    batch: int = Field(ge=1)
    seed: int = Field(ge=0)
