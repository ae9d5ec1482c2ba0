"""Parameters of `datasets.fashion_mnist`."""

from atelier.datasets.formats.idx.params import Dataset

__all__ = ["Dataset"]
