"""Parameters of `datasets.mnist`."""

from atelier.core.params.idx_images import Dataset

__all__ = ["Dataset"]
