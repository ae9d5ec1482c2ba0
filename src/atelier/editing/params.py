"""Parameters of `edits.RUN`: concept vectors in the latent space of a run, and how images get there."""

from typing import Literal

from pydantic import Field, field_validator

from atelier.modalities.images.params import Inverter
from atelier.params.strict import Strict
from atelier.params.training import Training


class Inversion(Inverter, Training):
    """How the inverter of a generator without an encoder is built, trained and used.

    `latent_weight` is the weight of the squared error of the latents of the generator's own samples, which are known.
    """

    latent_weight: float = Field(ge=0)


class Edit(Strict):
    """How faces are edited.

    Attributes:
        dataset, family: those of the run.
        concept: the attribute whose scores are metrics, and which the first strip shows.
        method: how the vectors of metrics and pictures are computed: differences of class means, or linear separators.
        orthogonal: use vectors that leave the other attributes unchanged.
        l2: weight of the squared norm in the separators' objective, relative to the mean loss per face.
        strength: strength of the edits in metrics and most pictures; 1 is the distance between class means.
        reach: largest strength in the strip, which runs from −reach to +reach.
        steps: pictures in a row of the strip; an odd number, so that the middle one is the reconstruction.
        faces: rows of the strip.
        examples: rows or columns of every other picture.
        train_images: largest number of training images that vectors are computed from.
        images: largest number of test images that are measured.
        batch: images that a network processes at once.
        inversion: how the latents of images are found; null for a network with an encoder.
    """

    dataset: str
    family: str
    concept: str = Field(min_length=1)
    method: Literal["means", "linear"]
    orthogonal: bool
    l2: float = Field(gt=0)
    strength: float = Field(gt=0, le=10)
    reach: float = Field(gt=0, le=10)
    steps: int = Field(ge=3, le=25)
    faces: int = Field(ge=1, le=50)
    examples: int = Field(ge=1, le=20)
    train_images: int = Field(ge=100)
    images: int = Field(ge=10)
    batch: int = Field(ge=1)
    seed: int = Field(ge=0)
    inversion: Inversion | None

    @field_validator("steps")
    @classmethod
    def _has_a_middle(cls, steps: int) -> int:
        if steps % 2 == 0:
            raise ValueError("allowed is an odd number, because the middle of the strip is the reconstruction")
        return steps
