"""Parameters of `datasets.celeba`."""

from atelier.core.params.formats.faces import Dataset

__all__ = ["Dataset"]
