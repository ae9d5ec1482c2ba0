"""Parameters of `datasets.fashion_mnist`."""

from atelier.core.params.idx_images import Dataset

__all__ = ["Dataset"]
