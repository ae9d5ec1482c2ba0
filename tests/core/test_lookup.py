"""Modules are found by the names that `params.yaml` uses."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import atelier
from atelier.core import lookup


@pytest.fixture
def toys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Create a package `atelier.toys` with two `train` modules, a `train` package, and other files."""
    files = (
        *("bear/train.py", "bear/sample.py", "car/train.py", "doll/train/__init__.py", "doll/train/steps.py"),
        *("helpers/drawing.py", "protocol.py", "train.py", "folder/train.txt"),
    )
    for name in files:
        path = tmp_path / "toys" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for folder in ("", "bear", "car", "doll", "helpers"):
        (tmp_path / "toys" / folder / "__init__.py").touch()
    monkeypatch.setattr(atelier, "__path__", [*atelier.__path__, str(tmp_path)])
    importlib.invalidate_caches()
    yield "toys"
    for name in [name for name in sys.modules if name.startswith("atelier.toys")]:
        del sys.modules[name]
    vars(atelier).pop("toys", None)


def test_names_are_the_packages_with_the_part_as_module_or_package(toys: str) -> None:
    assert lookup.names(toys, "train") == ["bear", "car", "doll"]
    assert lookup.names(toys, "sample") == ["bear"]
    assert lookup.names(toys, "evaluate") == []


def test_listing_names_imports_none_of_the_packages(toys: str) -> None:
    lookup.names(toys, "train")
    assert [name for name in sys.modules if name.startswith("atelier.toys.")] == []


def test_module_is_the_part_of_the_name_and_nothing_else_is_imported(toys: str) -> None:
    found = lookup.module(toys, "car", "train")
    assert found is sys.modules["atelier.toys.car.train"]
    assert {name for name in sys.modules if name.startswith("atelier.toys.")} == {
        "atelier.toys.car",
        "atelier.toys.car.train",
    }
    assert lookup.module(toys, "doll", "train").__name__ == "atelier.toys.doll.train"


@pytest.mark.parametrize(
    "name",
    ["boat", "", "helpers", "protocol", "folder", "train", "doll.train", "..bear", "../bear", "bear.", "__init__"],
)
def test_unknown_name_is_refused_with_the_known_ones(toys: str, name: str) -> None:
    with pytest.raises(ValueError, match=r"in atelier\.toys; known are: bear, car, doll$") as caught:
        lookup.module(toys, name, "train")
    assert repr(name) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_name_that_lacks_the_part_is_refused(toys: str) -> None:
    with pytest.raises(ValueError, match=r"'car' with a module 'sample' in atelier\.toys; known are: bear$"):
        lookup.module(toys, "car", "sample")


def test_error_inside_a_found_module_is_not_reported_as_an_unknown_name(toys: str, tmp_path: Path) -> None:
    (tmp_path / "toys/car/train.py").write_text("import nosuch")
    with pytest.raises(ModuleNotFoundError, match="nosuch"):
        lookup.module(toys, "car", "train")


def test_names_of_a_real_package() -> None:
    assert lookup.names("metrics", "images") == ["corruption"]
    assert lookup.module("metrics", "corruption", "images").__name__ == "atelier.metrics.corruption.images"
