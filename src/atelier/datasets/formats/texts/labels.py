"""The class of each text: what its folder or its label names."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from atelier.datasets.formats.own.classes import MOST, require_folders
from atelier.datasets.formats.own.layout import Layout


def find(
    origin: Path, places: Layout, labels: Sequence[str], classes: str
) -> tuple[tuple[str, ...], np.ndarray, list[str]]:
    """Return the names of the classes, the class of each text, and why it has none; empty if it has one.

    The class is −1 if no folder names it, and 0 without classes.

    Args:
        origin: for messages.
        places: what the folders say.
        labels: of each text, if `classes` is ``column``.
        classes: see `Prepare`.

    Raises:
        ValueError: there are fewer than 2 folders, or more than 256 classes.
    """
    if classes == "folders":
        require_folders(origin, "texts", places.folders, "classes: column or classes: none")
        return places.folders, places.folder, places.unnamed
    if classes == "none":
        return (), np.zeros(len(labels), np.int32), [""] * len(labels)
    names = sorted(set(labels))
    if all(label.isdecimal() for label in names):
        names.sort(key=int)
    if len(names) > MOST:
        raise ValueError(f"{origin}: the column of the label has {len(names):,} values; at most {MOST} are allowed")
    number = {label: index for index, label in enumerate(names)}
    return tuple(names), np.array([number[label] for label in labels], np.int32), [""] * len(labels)
