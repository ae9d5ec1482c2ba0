"""Parameters that gauging a judge takes, whatever it judges."""

from pydantic import Field

from atelier.core.params.strict import Strict


class Gauging(Strict):
    """The real draws that floor and ceilings are measured on; a modality adds how it damages some of them.

    Attributes:
        samples: examples in each draw (N).
        neighbours: k of the nearest-neighbour metrics.
        subsets, subset_size: draws that KID is averaged over.
    """

    samples: int = Field(ge=100)
    neighbours: int = Field(ge=1)
    subsets: int = Field(ge=1)
    subset_size: int = Field(ge=10)
    seed: int = Field(ge=0)
