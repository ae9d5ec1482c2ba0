"""Texts, prepared."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from own_texts import PARAMS

from atelier.core.spec import Spec
from atelier.core.text import TOKENIZER, Corpus, Tokenizer
from atelier.datasets.formats.texts.prepare import prepare_texts


@pytest.fixture
def prepare(raw: Path, tmp_path: Path) -> Callable[..., Spec]:
    """Prepare what `raw` holds into ``out``, with some parameters changed."""

    def prepare(out: str = "out", **changed: Any) -> Spec:
        return prepare_texts("letters", raw, tmp_path / out, PARAMS.model_copy(update=changed), "own")

    return prepare


@pytest.fixture
def texts(tmp_path: Path) -> Callable[..., dict[str, list[tuple[str, int]]]]:
    """The prepared texts of each split in their order, each with its label."""

    def texts(out: str = "out") -> dict[str, list[tuple[str, int]]]:
        tokenizer = Tokenizer(tmp_path / out / TOKENIZER)
        found = {}
        for split in ("train", "validation", "test"):
            corpus = Corpus.read(tmp_path / out, split)
            labels = corpus.labels.tolist()
            found[split] = [(tokenizer.decode(corpus.text(i)), labels[i]) for i in range(len(corpus))]
        return found

    return texts
