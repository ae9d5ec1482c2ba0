"""Datasets in IDX files: their pinned files, and the real data prepared if there is a mirror."""

import json
import os
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import packages
import pytest

from atelier.datasets.formats.idx.container import IMAGES, LABELS
from atelier.datasets.formats.idx.params import Prepare

every = pytest.mark.parametrize("name", packages.names("idx"))


@pytest.fixture
def mirror(name: str) -> Path:
    place = os.environ.get("ATELIER_MIRROR", "")
    if not (Path(place) / name).is_dir() or not place:
        pytest.skip("needs real data: ATELIER_MIRROR names no directory with it")
    return Path(place)


def _module(name: str) -> ModuleType:
    return import_module(f"atelier.datasets.{name}.source")


@every
def test_the_four_files_are_pinned_and_have_a_second_host(name: str) -> None:
    remotes = _module(name).FILES
    assert [r.name for r in remotes] == [table[split] for split in ("train", "test") for table in (IMAGES, LABELS)]
    for remote in remotes:
        assert len(remote.sha256) == 64
        assert remote.bytes > 0
        assert len({url.split("/")[2] for url in remote.urls}) == 2
        assert all(url.endswith("/" + remote.name) for url in remote.urls)


@every
def test_there_are_ten_classes(name: str) -> None:
    assert len(set(_module(name).CLASSES)) == 10


@every
def test_pins_equal_those_of_the_mirror(name: str, mirror: Path) -> None:
    listed = json.loads((mirror / "manifest.json").read_text())["datasets"][name]["files"]
    pinned = {r.name: {"bytes": r.bytes, "sha256": r.sha256} for r in _module(name).FILES}
    assert pinned == listed


@every
def test_real_data_is_prepared(name: str, mirror: Path, tmp_path: Path) -> None:
    spec = _module(name).prepare(name, mirror / name, tmp_path / "out", Prepare(validation=5000, seed=0), "mirror")
    assert spec.sizes == {"train": 55_000, "validation": 5_000, "test": 10_000}
    labels = np.load(tmp_path / "out" / "test_labels.npy")
    assert (
        np.bincount(labels).tolist()
        == {
            "mnist": [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
            "fashion_mnist": [1000] * 10,
        }[name]
    )
