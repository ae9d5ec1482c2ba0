"""Parameters of `edits.RUN`: concept vectors in a run's latent space, and what is shown and measured with them."""

from typing import Literal

from pydantic import Field, field_validator

from atelier.core.params.strict import Strict


class Edit(Strict):
    """How faces are edited.

    Attributes:
        dataset, family: those of the run; the family must have an encoder.
        concept: the attribute whose numbers are the run's metrics, and which the first strip shows.
        method: the vectors that numbers and pictures use: differences of class means, or linear separators.
        orthogonal: whether these vectors hold the other attributes fixed.
        l2: weight of the squared norm in the separators' objective, beside the mean loss of a face.
        strength: how far the numbers and most pictures move a face; 1 is the distance between the class means.
        reach, steps: the strip goes from −reach to +reach in so many steps, an odd number: the middle one is 0.
        faces: rows of the strip.
        examples: rows, or columns, of every other picture.
        train_images: train images that vectors are computed on, at most.
        images: test images that are measured, at most.
        batch: images that a network sees at once.
    """

    dataset: str
    family: Literal["vae"]
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

    @field_validator("steps")
    @classmethod
    def _has_a_middle(cls, steps: int) -> int:
        if steps % 2 == 0:
            raise ValueError("allowed is an odd number, so that the middle of the strip is the reconstruction")
        return steps
