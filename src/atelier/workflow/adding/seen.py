"""What was found in raw data, and the values that follow from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Shares of the test split, each with the number of examples that is enough to stop there. Distances need 100.
TEST_SHARES = ((0.1, 200), (0.2, 100), (0.3, 100), (0.4, 100))
LEAST_TEST = 100
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
    """

    lines: tuple[str, ...]
    problems: tuple[str, ...]
    prepare: Mapping[str, Any]
    labels: str
    sizes: Mapping[str, int]
    without_first: int | None
    length: int = 0


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
