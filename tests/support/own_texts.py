"""Texts as people have them, written from seeds."""

import numpy as np

from atelier.datasets.formats.corpus.cleaning import clean
from atelier.datasets.formats.texts.params import Prepare
from atelier.datasets.imdb.twin.review import write

PARAMS = Prepare(
    encoding="utf-8", text="", label="", classes="none", tokenizer="bpe", vocabulary=300, max_bad=0, validation=0.2,
    test=0.2, seed=1,
)  # fmt: skip


def written(index: int) -> str:
    """A text of several sentences that differs for each index."""
    return clean(write(np.random.default_rng(index), 1 + index % 10))


def short(index: int) -> str:
    """Two sentences that differ for each index."""
    return f"The number {index} is here. It has {index * 7919 % 10007} friends!"


def in_folder(count: int = 60, folder: str = "", first: int = 0) -> dict[str, bytes]:
    """The files of a folder with a text in each."""
    return {f"{folder}{index}.txt": short(index).encode() for index in range(first, first + count)}
