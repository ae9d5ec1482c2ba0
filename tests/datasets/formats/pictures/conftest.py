"""Drawn pictures, prepared."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atelier.core.prepared import Prepared
from atelier.core.spec import Spec
from atelier.datasets.formats.pictures.params import Prepare
from atelier.datasets.formats.pictures.prepare import prepare_pictures

PARAMS = Prepare(
    size=16, fit="crop", colour="rgb", classes="none", max_bad=0, validation=0.2, test=0.2, seed=1
)  # fmt: skip


@pytest.fixture
def prepare(raw: Path, tmp_path: Path) -> Callable[..., Spec]:
    """Prepare what `raw` holds into ``out``, with some parameters changed."""

    def prepare(out: str = "out", workers: int = 1, **changed: Any) -> Spec:
        params = PARAMS.model_copy(update=changed)
        return prepare_pictures("flowers", raw, tmp_path / out, params, "own", workers)

    return prepare


@pytest.fixture
def images(tmp_path: Path) -> Callable[..., np.ndarray]:
    """All prepared pictures of the splits, in their order."""

    def images(out: str = "out") -> np.ndarray:
        prepared = Prepared.read(tmp_path / out)
        return np.concatenate([np.asarray(prepared.images(split)) for split in ("train", "validation", "test")])

    return images
