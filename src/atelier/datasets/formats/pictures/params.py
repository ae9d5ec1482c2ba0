"""Parameters of a dataset of pictures in a folder or an archive."""

from typing import Literal

from pydantic import Field

from atelier.params.strict import Strict

MODALITY = "images"

Fit = Literal["crop", "pad", "stretch"]


class Prepare(Strict):
    """How pictures become arrays.

    Attributes:
        size: side of the square that each picture becomes.
        fit: how a picture that is not square becomes one.
        colour: three channels or one.
        classes: labels: sub-folders are classes, a table has attributes, or there are none.
        max_bad: the largest number of files to drop because they are no pictures, are damaged or have no label.
        validation, test: shares of these splits, used only for those that have no folder of their own.
        seed: of the hash that assigns the splits in that case, and of the preview.
    """

    size: int = Field(ge=8, le=1024)
    fit: Fit
    colour: Literal["rgb", "grey"]
    classes: Literal["folders", "table", "none"]
    max_bad: int = Field(ge=0)
    validation: float = Field(gt=0, lt=0.5)
    test: float = Field(gt=0, lt=0.5)
    seed: int = Field(ge=0)

    @property
    def channels(self) -> int:
        return 1 if self.colour == "grey" else 3
