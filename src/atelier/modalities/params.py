"""Parameters that judges and runs of all modalities share."""

from pydantic import Field

from atelier.params.strict import Strict
from atelier.params.training import Training


class Compared(Strict):
    """How two sets of examples are compared.

    Attributes:
        samples: examples in each set (N), on which every distance depends.
        neighbours: k of precision, recall, density and coverage.
        subsets, subset_size, seed: of the random subsets that KID is averaged over.
    """

    samples: int = Field(ge=100)
    neighbours: int = Field(ge=1)
    subsets: int = Field(ge=1)
    subset_size: int = Field(ge=10)
    seed: int = Field(ge=0)


class JudgeTraining(Training):
    """How the classifier of a judge is trained; a modality adds its network."""

    features: int = Field(ge=2)


class Previewed(Strict):
    """How often samples are previewed during training."""

    preview_epochs: int = Field(ge=1)
