"""Parameters of `datasets.mnist`."""

from atelier.core.params.formats.idx import Dataset

__all__ = ["Dataset"]
