"""Choose the share of the test split, and what a judge can predict, from the examples and their classes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from atelier.core.spec import SPLITS
from atelier.datasets.formats.own import splits

# Shares of the test split, each with the number of examples that is enough to stop there.
TEST_SHARES = ((0.1, 200), (0.2, 100), (0.3, 100), (0.4, 100))
LEAST_TEST = 100  # which distances need
_FEW = 50  # examples of a class, below which a judge of classes is poor


def divide(
    origin: object,
    what: str,
    section: dict[str, Any],
    fixed: bool,
    placed: np.ndarray,
    official: tuple[int, ...],
    digests: np.ndarray,
    kinds: np.ndarray,
) -> np.ndarray:
    """Return the split of each example, and set ``section["test"]`` to the smallest share that is enough.

    Args:
        origin: for messages.
        what: what the examples are, in the plural.
        section: `prepare` of the dataset, with the share of the validation split.
        fixed: whether the share of the test split is given.
        placed, official, digests, kinds: see `splits.assign`.

    Raises:
        ValueError: no share gives a test split that is large enough.
    """
    for share, enough in [(section["test"], LEAST_TEST)] if fixed else TEST_SHARES:
        section["test"] = share
        shares = {1: section["validation"], 2: share}
        split = splits.assign(placed, official, digests, kinds, shares, section["seed"])
        count = int((split == SPLITS.index("test")).sum())
        if count >= enough:
            return split
    raise ValueError(
        f"{origin}: {len(placed):,} {what}, {count:,} of them in the test split; distances need at least {LEAST_TEST} "
        f"there, which takes about 300 {what}; add some"
    )


def predicted(
    names: Sequence[str], classes: bool, values: np.ndarray, split: np.ndarray, else_: str
) -> tuple[str, str]:
    """Return what a judge can predict, and why that is not the labels, if there are any.

    Args:
        names: of classes or attributes.
        classes: which of both they are.
        values: class of each example, ``(n,)``, or its attributes, ``(n, attributes)``.
        split: of each example.
        else_: what a judge predicts without labels.
    """
    if not names:
        return else_, ""
    what = "classes" if classes else "attributes"
    for part in ("train", "test"):
        inside = values[split == SPLITS.index(part)]
        for index, name in enumerate(names):
            having = inside == index if classes else inside[:, index] == 1
            if not having.any() or having.all():
                count = "no" if not having.any() else "every"
                return else_, f"the judge cannot learn {what}: {count} example in the {part} split has {name!r}"
    return what, ""


def few(names: Sequence[str], values: np.ndarray) -> list[str]:
    """Return the classes that have few examples, each with its number."""
    counts = {name: int((values == index).sum()) for index, name in enumerate(names)}
    return [f"{name} {count}" for name, count in counts.items() if count < _FEW]


def sizes(split: np.ndarray) -> dict[str, int]:
    """Count the examples of each split."""
    return {part: int((split == index).sum()) for index, part in enumerate(SPLITS)}
