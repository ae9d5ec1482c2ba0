"""Parameters of the family `adopted`: which file to open, and what cannot be found out about the network in it."""

import re
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from atelier.modalities.images.params import Drawn, Evaluated, Interpolations
from atelier.params.strict import Strict

MODALITY = "images"
ENCODER = True

# The values that a network computes, or takes, for a black and a white pixel; logits are inverse sigmoids of grey.
Range = Literal["-1..1", "0..1", "0..255", "logits"]
Size = Annotated[int, Field(ge=1)]
# A tensor: an input of the architecture, or (counted on from there) the result of one of its nodes.
Tensor = Annotated[int, Field(ge=0)]


class Foreign(Strict):
    """A file or SavedModel that somebody else wrote, relative to the checkout, and the SHA-256 of its content.

    That of a SavedModel, a directory, is the digest of the sorted list of the digests of its files.
    """

    file: str = Field(min_length=1)
    sha256: str

    @field_validator("sha256")
    @classmethod
    def _is_a_digest(cls, value: str) -> str:
        if not re.fullmatch("[0-9a-f]{64}", value):
            raise ValueError("allowed are the 64 lower-case hexadecimal digits that `sha256sum FILE` prints")
        return value


class Encoder(Foreign):
    """The file of an encoder, and the values of the pixels that it takes."""

    range: Literal["auto", "-1..1", "0..1", "0..255"]


class Inputs(Strict):
    """What goes into a generator or decoder.

    Attributes:
        latent: the distribution of latents: standard normal, or uniform from −1 or from 0 to 1.
        label: how the class is given: as an index, one-hot, or one-hot and appended to the latent.
        order: which of two inputs comes first.
    """

    latent: Literal["auto", "normal", "uniform", "uniform_01"]
    label: Literal["auto", "none", "integer", "one_hot", "appended"]
    order: Literal["auto", "latent_first", "label_first"]


class Output(Strict):
    """What comes out, and whether pictures of other sizes or channels than the dataset's are refused or converted."""

    range: Literal["auto", "-1..1", "0..1", "0..255", "logits"]
    fit: Literal["refuse", "convert"]


class Train(Foreign):
    """What `train` reads.

    Attributes:
        encoder: of a variational autoencoder whose decoder is `file`; null if there is none.
        custom: what stands for a layer that is not one of Keras's: the name of its class or its own, and that of a
            layer of Keras, `gaussian_sampler`, `identity` or `vae`; for a signature of a SavedModel, `encode` or
            `decode`.
    """

    inputs: Inputs
    output: Output
    encoder: Encoder | None
    custom: dict[str, str]


class Input(Strict):
    """Shape of an input without the batch, and its dtype."""

    shape: tuple[Size, ...]
    dtype: Literal["float32", "int32"]


class Layer(Strict):
    """A layer of Keras and its options; `layers.py` lists what is allowed."""

    kind: str
    options: dict[str, Any]


class Node(Strict):
    """A call of a layer on earlier tensors."""

    layer: int = Field(ge=0)
    inputs: tuple[Tensor, ...] = Field(min_length=1)


class Architecture(Strict):
    """A graph of layers, as data: layers that are called twice share their weights."""

    inputs: tuple[Input, ...] = Field(min_length=1)
    layers: tuple[Layer, ...] = Field(min_length=1, max_length=2000)
    nodes: tuple[Node, ...] = Field(min_length=1, max_length=4000)
    outputs: tuple[Tensor, ...] = Field(min_length=1)


class Config(Strict):
    """The adopted network.

    Attributes:
        latent_dim: dimensions of z, which is standard normal; `latent` and `label` say what the network gets from it.
        labels: number of classes that it draws; 0 without labels.
        latent_first: whether the latent is the first of two inputs.
        encoder: images → posterior mean, and possibly its log-variance.
        encoder_range: of the pixels that the encoder takes.
    """

    latent_dim: int = Field(ge=1)
    latent: Literal["normal", "uniform", "uniform_01"]
    label: Literal["none", "integer", "one_hot", "appended"]
    labels: int = Field(ge=0)
    latent_first: bool
    decoder: Architecture
    output_range: Range
    fit: Literal["refuse", "convert"]
    encoder: Architecture | None
    encoder_range: Range


class Sample(Drawn, Interpolations):
    """What `sample` draws; with an encoder, interpolations and `reconstructions` are of test images."""

    reconstructions: int = Field(ge=1)


class Evaluate(Evaluated):
    """How the run is evaluated."""
