"""Parameters of `datasets.fashion_mnist`."""

from atelier.core.params.formats.idx import Dataset

__all__ = ["Dataset"]
