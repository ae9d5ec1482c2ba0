"""Parameters that all families of images share: what is watched, drawn and judged."""

from pydantic import Field

from atelier.core.params.strict import Strict


class Watched(Strict):
    """Previews while a model trains.

    Attributes:
        preview_epochs: epochs between previews of fixed latents.
        watch_images: samples that the judge compares at each preview, for KID, coverage and class entropy; fewer
            where the validation split has fewer.
    """

    preview_epochs: int = Field(ge=1)
    watch_images: int = Field(ge=100)


class Drawn(Strict):
    """What `sample` draws.

    Attributes:
        samples: images; `evaluate` needs at least as many as it measures.
        shown: images in the picture of samples.
    """

    samples: int = Field(ge=1)
    shown: int = Field(ge=1)
    batch: int = Field(ge=1)
    seed: int = Field(ge=0)


class Paths(Strict):
    """`interpolations` pairs of images, and `steps` pictures from one to the other, the two included."""

    interpolations: int = Field(ge=1)
    steps: int = Field(ge=3)


class Judged(Strict):
    """How samples are judged.

    Attributes:
        samples: N of every distance.
        neighbours: k of precision, recall, density and coverage.
        subsets, subset_size: draws that KID is averaged over.
        shown: samples shown beside their nearest training images.
    """

    samples: int = Field(ge=100)
    neighbours: int = Field(ge=1)
    subsets: int = Field(ge=1)
    subset_size: int = Field(ge=10)
    shown: int = Field(ge=1)
    batch: int = Field(ge=1)
    seed: int = Field(ge=0)
