"""The label of each picture before it is decoded: the class that its folder names, or its row in a table."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from atelier.datasets.formats.own.classes import require_folders
from atelier.datasets.formats.own.collection import Collection
from atelier.datasets.formats.own.layout import Layout, shown
from atelier.datasets.formats.pictures import table


@dataclass(frozen=True)
class Labels:
    """Labels of a collection.

    Attributes:
        classes, attributes: their names; at least one of them is empty.
        of: int32 class ``(n,)``, or uint8 attributes ``(n, attributes)``, or all 0 ``(n,)`` without labels.
        missing: of each picture, why it has no label; empty if it has one.
        bad: what else is wrong, with names.
    """

    classes: tuple[str, ...]
    attributes: tuple[str, ...]
    of: np.ndarray
    missing: Sequence[str]
    bad: tuple[str, ...] = ()

    @property
    def kinds(self) -> np.ndarray:
        """Return the class of each picture, 0 for all without classes."""
        return self.of if self.classes else np.zeros(len(self.of), np.int32)


def find(found: Collection, layout: Layout, classes: str) -> Labels:
    """Find the label of each picture by `Prepare.classes`.

    Raises:
        ValueError: there are no folders that differ, or more than 256, or not exactly one table that can be read.
    """
    count = len(found.names)
    if classes == "folders":
        require_folders(found.origin, "pictures", layout.folders, "classes: none or classes: table")
        return Labels(layout.folders, (), layout.folder, layout.unnamed)
    if classes == "none":
        return Labels((), (), np.zeros(count, np.int32), [""] * count)
    if len(found.tables) != 1:
        names = f" ({', '.join(sorted(map(shown, found.tables))[:3])})" if found.tables else ""
        raise ValueError(
            f"{found.origin}: {len(found.tables)} tables{names}; classes: table needs one .csv file with the columns "
            "file and attributes"
        )
    name, content = next(iter(found.tables.items()))
    try:
        read = table.read(content)
        rows = read.match(found.names)
    except ValueError as error:
        raise ValueError(f"{found.origin}: {shown(name)}: {error}") from None
    named = set(rows.tolist())
    unused = tuple(
        f"{file}: in {shown(name)}, but not among the pictures" for file, row in read.row.items() if row not in named
    )
    missing = ["" if row >= 0 else f"no row in {shown(name)}" for row in rows.tolist()]
    values = read.values[rows] if len(read.values) else np.zeros((count, len(read.attributes)), np.uint8)
    return Labels((), read.attributes, values, missing, unused)
