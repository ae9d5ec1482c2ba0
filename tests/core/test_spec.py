"""A Spec is read back unchanged."""

from dataclasses import replace
from pathlib import Path

import pytest

from atelier.core.spec import Spec

SPEC = Spec(
    name="mnist",
    shape=(28, 28, 1),
    value_range=(0, 255),
    classes=("zero", "one"),
    attributes=(),
    sizes={"train": 10, "validation": 2, "test": 3},
    sha256={"train.npy": "ab"},
    source="embedded",
)


def test_spec_is_read_back_unchanged(tmp_path: Path) -> None:
    spec = replace(SPEC, attributes=("Smiling", "Male"))
    spec.write(tmp_path / "spec.json")
    assert Spec.read(tmp_path / "spec.json") == spec


def test_spec_of_texts_is_read_back_unchanged(tmp_path: Path) -> None:
    spec = replace(SPEC, shape=(), value_range=(), vocabulary=4096, statistics={"median_words": 174.5})
    spec.write(tmp_path / "spec.json")
    assert Spec.read(tmp_path / "spec.json") == spec


def test_equal_specs_give_equal_bytes(tmp_path: Path) -> None:
    SPEC.write(tmp_path / "a.json")
    replace(SPEC, sizes=dict(reversed(SPEC.sizes.items()))).write(tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_file_that_is_not_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "spec.json").write_text("no")
    with pytest.raises(ValueError, match=r"spec\.json is not JSON"):
        Spec.read(tmp_path / "spec.json")
