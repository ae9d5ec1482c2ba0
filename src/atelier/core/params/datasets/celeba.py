"""Parameters of `datasets.celeba`."""

from atelier.datasets.formats.faces.params import Dataset

__all__ = ["Dataset"]
