"""Shares of classes or attributes, as bars."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from atelier.core import files
from atelier.report import summary


class Bar(NamedTuple):
    """The share of one class, and the share to compare it with."""

    name: str
    share: float
    reference: float | None = None


def names(spec: Mapping[str, Any]) -> list[str]:
    """Return the names of a dataset's classes, or else its attributes."""
    return spec.get("classes") or spec.get("attributes") or []


def compared(path: Path, order: Sequence[str]) -> list[Bar]:
    """Return the shares of each class in samples and test split, sorted by label; empty without a file."""
    if not path.is_file():
        return []
    shares = files.read_json(path)
    if not isinstance(shares, dict) or set(shares) != {"samples", "test"}:
        raise ValueError(f"{path}: allowed is an object with the class shares of `samples` and `test`")
    summary.check(shares, str(path))
    present = in_order({**shares["test"], **shares["samples"]}, order)
    return [Bar(label(name), shares["samples"].get(name, 0.0), shares["test"].get(name, 0.0)) for name in present]


def label(name: str) -> str:
    """Return the name of a class or attribute in words.

    >>> label("Mouth_Slightly_Open"), label("T-shirt/top")
    ('Mouth slightly open', 'T-shirt/top')
    """
    first, *others = name.split("_")
    return " ".join([first, *(word.lower() for word in others)])


def in_order(found: Iterable[str], order: Sequence[str]) -> list[str]:
    """Sort names by their position in `order`; names that it lacks follow in their own order."""
    return sorted(found, key=lambda name: order.index(name) if name in order else len(order))
