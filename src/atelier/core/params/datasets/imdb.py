"""Parameters of `datasets.imdb`."""

from atelier.datasets.formats.reviews.params import Dataset

__all__ = ["Dataset"]
