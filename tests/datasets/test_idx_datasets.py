"""MNIST and Fashion-MNIST: where they come from, and the real thing prepared where a mirror holds it."""

import json
import os
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from atelier.datasets.formats.idx.params import Prepare
from atelier.datasets import fashion_mnist, mnist
from atelier.datasets.formats.idx import labelled

MODULES = {"mnist": mnist, "fashion_mnist": fashion_mnist}
both = pytest.mark.parametrize("name", list(MODULES))


@pytest.fixture
def mirror(name: str) -> Path:
    place = os.environ.get("ATELIER_MIRROR", "")
    if not (Path(place) / name).is_dir() or not place:
        pytest.skip("needs real data: ATELIER_MIRROR names no directory that holds it")
    return Path(place)


def _module(name: str) -> ModuleType:
    return MODULES[name]


@both
def test_the_four_files_are_pinned_and_each_has_a_second_host(name: str) -> None:
    remotes = _module(name).FILES
    assert [r.name for r in remotes] == [
        table[split] for split in ("train", "test") for table in (labelled.IMAGES, labelled.LABELS)
    ]
    for remote in remotes:
        assert len(remote.sha256) == 64
        assert remote.bytes > 0
        assert len({url.split("/")[2] for url in remote.urls}) == 2
        assert all(url.endswith("/" + remote.name) for url in remote.urls)


@both
def test_there_are_ten_classes(name: str) -> None:
    assert len(set(_module(name).CLASSES)) == 10


@both
def test_pins_are_those_of_the_mirror(name: str, mirror: Path) -> None:
    listed = json.loads((mirror / "manifest.json").read_text())["datasets"][name]["files"]
    pinned = {r.name: {"bytes": r.bytes, "sha256": r.sha256} for r in _module(name).FILES}
    assert pinned == listed


@both
def test_real_data_is_prepared_whole(name: str, mirror: Path, tmp_path: Path) -> None:
    spec = _module(name).prepare(mirror / name, tmp_path / "out", Prepare(validation=5000, seed=0), "mirror")
    assert spec.sizes == {"train": 55_000, "validation": 5_000, "test": 10_000}
    labels = np.load(tmp_path / "out" / "test_labels.npy")
    assert (
        np.bincount(labels).tolist()
        == {
            "mnist": [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
            "fashion_mnist": [1000] * 10,
        }[name]
    )
