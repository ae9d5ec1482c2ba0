"""Parameters of the family `transformer_lm`."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from atelier.modalities.params import Compared, Previewed
from atelier.modalities.text.params import Filters
from atelier.params.strict import Strict
from atelier.params.training import Training

MODALITY = "text"
ENCODER = False

Temperature = Annotated[float, Field(ge=0, le=10)]


class Config(Strict):
    """The network.

    Attributes:
        context: greatest number of tokens that a prediction depends on.
        width, depth: width of the residual stream and of embeddings, and number of blocks.
        heads: attention heads in each block, with ``width / heads`` dimensions each.
        hidden, activation: of the feed-forward layer; `swiglu` multiplies two branches (Shazeer, 2020,
            arXiv:2002.05202).
        norm: layer normalisation (Ba et al., 2016) or root-mean-square normalisation (Zhang & Sennrich, 2019).
        norm_position: before each sub-layer (pre-norm), or after its residual sum (post-norm; Vaswani et al., 2017).
        positions: rotary (Su et al., 2021, arXiv:2104.09864) or learned embeddings.
        tied: use the embeddings as the matrix of the softmax too (Press & Wolf, 2017).
        dropout: of embeddings and of the output of each sub-layer.
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
            raise ValueError(f"width {self.width} is not divisible by heads {self.heads}")
        if self.positions == "rotary" and self.width // self.heads % 2:
            raise ValueError(f"rotary positions need an even width / heads, got {self.width // self.heads}")
        return self


class Train(Config, Training, Previewed):
    """What `train` reads.

    Attributes:
        batch: rows of `context` tokens, which hold texts one after the other.
        steps_per_epoch: batches between two validations; 0 for the whole train split. The next epoch continues where
            the last one ended.
        embedding: initial embeddings: random, or singular vectors of the co-occurrence of tokens in the train split.
        validation_tokens: tokens of the validation split that the validation loss is measured on.
        preview_prompt: beginning of the texts of a preview, each of up to `preview_tokens` tokens.
        watch_texts: texts that the judge compares with validation texts at each preview.
    """

    steps_per_epoch: int = Field(ge=0)
    embedding: Literal["random", "cooccurrence"]
    validation_tokens: int = Field(ge=1000)
    preview_prompt: str
    preview_temperatures: tuple[Temperature, ...] = Field(min_length=1)
    preview_tokens: int = Field(ge=2)
    watch_texts: int = Field(ge=100)


class Sample(Filters):
    """What `sample` generates at each of `temperatures`.

    Attributes:
        samples: texts without a prompt, which `evaluate` measures.
        shown: texts that begin with `prompt`, and texts without one, that the report shows.
    """

    temperatures: tuple[Temperature, ...] = Field(min_length=1)
    samples: int = Field(ge=1)
    prompt: str
    shown: int = Field(ge=1)
    max_tokens: int = Field(ge=2)
    batch: int = Field(ge=1)
    seed: int = Field(ge=0)


class Evaluate(Compared):
    """How the run is evaluated.

    Attributes:
        temperature: the sampled temperature whose statistics are metrics.
        test_texts: number of test texts, drawn by `seed`, whose likelihood is measured.
        stride: step of the window that measures likelihood; see `modalities.text.read`.
        order: n of the n-gram baseline.
        bleu_samples: texts whose BLEU against all others is averaged.
        longest: number of samples shown beside the train text that they share their longest span with.
    """

    temperature: Temperature
    test_texts: int = Field(ge=100)
    stride: int = Field(ge=1)
    order: int = Field(ge=2, le=8)
    bleu_samples: int = Field(ge=2)
    longest: int = Field(ge=1)
    batch: int = Field(ge=1)
