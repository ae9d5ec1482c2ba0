"""What was found in raw data, and the values that follow from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_LISTED = 5  # names that a line lists


@dataclass(frozen=True)
class Seen:
    """Raw data as they are, and the parameters of the dataset that fit them.

    Attributes:
        lines: what was found, for people.
        problems: what may be wrong with it, and what follows from that.
        prepare: the section `datasets.NAME.prepare`.
        labels: what the judge predicts.
        sizes: number of examples in each split.
        without_first: training examples without the first class or attribute; None if there is none.
        length: of most texts, in tokens; 0 for pictures.
        tokens: of the train split, at least; 0 for pictures.
        start: the commonest beginning of a text; empty for pictures.
    """

    lines: tuple[str, ...]
    problems: tuple[str, ...]
    prepare: Mapping[str, Any]
    labels: str
    sizes: Mapping[str, int]
    without_first: int | None
    length: int = 0
    tokens: int = 0
    start: str = ""


def listed(names: Sequence[str]) -> str:
    """Join the first names.

    >>> listed(["a", "b", "c", "d", "e", "f", "g"])
    'a, b, c, d, e and 2 more'
    """
    more = f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def counted(count: int, name: str, several: str = "") -> str:
    """Return a number with the noun in singular or plural.

    >>> counted(1, "picture"), counted(2000, "picture"), counted(0, "class", "classes")
    ('1 picture', '2,000 pictures', '0 classes')
    """
    return f"{count:,} {name if count == 1 else several or name + 's'}"


def bad_line(bad: Sequence[str], what: str, allowed: int) -> str:
    """Return the problem that some examples are bad; `allowed` is the present `max_bad`."""
    named = "; ".join(bad[:_LISTED]) + ("; …" if len(bad) > _LISTED else "")
    limit = f"max_bad: {allowed}" if len(bad) <= allowed else f"max_bad is {allowed} and must be at least {len(bad)}"
    return f"{counted(len(bad), f'bad {what}')} ({limit}): {named}"


def few_line(classes: Sequence[str]) -> str:
    """Return the problem that some classes have few examples."""
    return f"the judge will be poor on classes with few examples: {listed(classes)}"


def splits_line(sizes: Mapping[str, int], rule: str) -> str:
    return f"splits: {', '.join(f'{count:,} {part}' for part, count in sizes.items())} ({rule})"
