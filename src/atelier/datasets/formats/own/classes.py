"""Classes of a person's own data: there must be a few of them, each with an example for every split."""

from collections.abc import Sequence

import numpy as np

MOST = 256  # classes: labels are uint8


def require_folders(origin: object, what: str, folders: Sequence[str], others: str) -> None:
    """Raise `ValueError` if folders cannot be classes; `others` are values of `classes` that help."""
    if len(folders) < 2:
        there = f"1, {folders[0]!r}" if folders else "none that differ"
        raise ValueError(f"{origin}: classes: folders needs {what} in at least 2 folders, found {there}; use {others}")
    if len(folders) > MOST:
        raise ValueError(f"{origin}: {len(folders):,} folders; at most {MOST} classes are allowed")


def require_enough(
    origin: object, what: str, contents: np.ndarray, kinds: np.ndarray, names: Sequence[str], source: str = "folder"
) -> tuple[int, ...]:
    """Return the classes that have examples, after bad ones were dropped; `(0,)` without classes.

    Args:
        origin: for messages.
        what: what the examples are, in the plural.
        contents: number of the content of each example: equal ones count once.
        kinds: class of each example, all 0 without classes.
        names: of the classes; empty without.
        source: what names the class of an example.

    Raises:
        ValueError: a class has fewer than 3 different examples, one for each split, or only one class is left.
    """
    counts = {int(kind): len(np.unique(contents[kinds == kind])) for kind in np.unique(kinds)}
    few = {kind: count for kind, count in counts.items() if count < 3}
    if few or not counts:
        named = [f"class {names[kind]!r:.60}: {count}" for kind, count in few.items()] if names else []
        listed = ", ".join(named[:10]) + (f" and {len(named) - 10} more" if len(named) > 10 else "")
        raise ValueError(
            f"{origin}: {listed or sum(few.values())} different {what}; at least 3 are needed, one for each split"
            + (f"; add {what}, or remove the {source}" if named else "")
        )
    if names and len(counts) < 2:
        raise ValueError(
            f"{origin}: only the class {names[next(iter(counts))]!r:.60} has {what}; "
            f"classes: {'folders' if source == 'folder' else source} needs at least 2, or use classes: none"
        )
    return tuple(counts)
