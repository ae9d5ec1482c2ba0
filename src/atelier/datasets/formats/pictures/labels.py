"""The label of each picture before it is decoded: the class that its folder names, or its row in a table."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from atelier.datasets.formats.pictures import table
from atelier.datasets.formats.pictures.collection import Collection
from atelier.datasets.formats.pictures.layout import Layout, shown

MOST = 256  # classes: labels are uint8


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
        _require_classes(found, layout.folders)
        missing = ["" if index >= 0 else "in no folder that names its class" for index in layout.folder.tolist()]
        return Labels(layout.folders, (), layout.folder, missing)
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


def _require_classes(found: Collection, folders: Sequence[str]) -> None:
    if len(folders) < 2:
        there = f"1, {folders[0]!r}" if folders else "none that differ"
        raise ValueError(
            f"{found.origin}: classes: folders needs pictures in at least 2 folders, found {there}; "
            "use classes: none or classes: table"
        )
    if len(folders) > MOST:
        raise ValueError(f"{found.origin}: {len(folders):,} folders; at most {MOST} classes are allowed")


def require_enough(origin: object, kept: np.ndarray, contents: np.ndarray, labels: Labels) -> tuple[int, ...]:
    """Return the classes that have pictures, after bad ones were dropped; `(0,)` without classes.

    Args:
        origin: for messages.
        kept: indices of the pictures that are left.
        contents: number of the content of each of them: equal files count once.

    Raises:
        ValueError: a class has fewer than 3 different pictures, which is one for each split, or only one is left.
    """
    kinds = labels.kinds[kept]
    counts = {int(kind): len(np.unique(contents[kinds == kind])) for kind in np.unique(kinds)}
    few = {kind: count for kind, count in counts.items() if count < 3}
    if few or not counts:
        named = [f"class {labels.classes[kind]!r}: {count}" for kind, count in few.items()] if labels.classes else []
        listed = ", ".join(named[:10]) + (f" and {len(named) - 10} more" if len(named) > 10 else "")
        raise ValueError(
            f"{origin}: {listed or sum(few.values())} different pictures; at least 3 are needed, one for each split"
            + ("; add pictures, or remove the folder" if named else "")
        )
    if labels.classes and len(counts) < 2:
        raise ValueError(
            f"{origin}: only the class {labels.classes[next(iter(counts))]!r} has pictures; "
            "classes: folders needs at least 2, or use classes: none"
        )
    return tuple(counts)
