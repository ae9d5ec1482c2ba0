"""The contract of a dataset `datasets/D/`: its modules, found by name, and `FORMAT`, the name of its file format.

`FORMAT` is defined in `datasets/D/__init__.py`. The format's package `datasets/formats/F/` has a module `params` with
`MODALITY` (``images`` or ``text``) and the schemas `Prepare` and `Embedded` of the parameters below. A kind whose raw
data a person always brings, such as `image_folder`, has only `prepare`: neither upstream files, nor a twin, nor the
schema `Embedded`.
"""

from pathlib import Path
from typing import Any, Protocol

from atelier.core.spec import Spec
from atelier.datasets.download.remote import RemoteFile


class Source(Protocol):
    """The module `datasets/D/source.py`."""

    def prepare(self, name: str, raw: Path, out: Path, params: Any, source: str) -> Spec:
        """Turn raw files into arrays and their Spec.

        Args:
            name: the dataset, which becomes `Spec.name`.
            raw: directory with the raw files.
            out: directory to write.
            params: the format's `Prepare`.
            source: where the raw files came from.
        """


class Download(Source, Protocol):
    """The same module of a kind with upstream files. It may have `LICENSE`, the terms of use that a download prints."""

    @property
    def FILES(self) -> tuple[RemoteFile, ...]:
        """The upstream files, each pinned by a checksum."""


class Twin(Protocol):
    """The module `datasets/D/twin/write.py`, which replaces the upstream files where there is no network."""

    def write(self, directory: Path, params: Any) -> None:
        """Write files with the names and the format of the upstream files.

        Args:
            directory: where to write.
            params: the format's `Embedded`.
        """
