"""Parameters of `datasets.imdb`."""

from atelier.core.params.formats.reviews import Dataset

__all__ = ["Dataset"]
