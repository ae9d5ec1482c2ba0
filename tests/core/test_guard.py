"""What a stage read must be unchanged when it ends; otherwise it names what changed and fails."""

import json
import os
from pathlib import Path

import pytest

from atelier.core.code import manifest
from atelier.core.code.digest import code_digest
from atelier.core.guard import HASHED, unchanged


def first_line(path: Path) -> str:
    """Read the section of a stage that depends on the first line alone."""
    return path.read_text().splitlines()[0]


@pytest.fixture
def params(tmp_path: Path) -> Path:
    path = tmp_path / "params.yaml"
    path.write_text("mine\nsomeone else's\n")
    return path


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The manifest of a process that has loaded no code of ours."""
    monkeypatch.setattr(manifest, "loaded", dict)
    (tmp_path / "code.json").write_text("{}")
    return tmp_path / "code.json"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "data" / "deep").mkdir(parents=True)
    (tmp_path / "data" / "deep" / "array").write_bytes(b"1")
    return tmp_path / "data"


def test_undisturbed_stage_gets_its_section(params: Path, code: Path, data: Path) -> None:
    with unchanged(first_line, params, code, None, data) as section:
        (data / ".half-written").touch()
    assert section == "mine"


@pytest.mark.parametrize("change", ["edited", "added", "removed"])
def test_a_changed_input_is_named(params: Path, code: Path, data: Path, change: str) -> None:
    path = data / "deep" / ("other" if change == "added" else "array")
    with (
        pytest.raises(ValueError, match=f"{path.name}: changed while this stage ran"),
        unchanged(first_line, params, code, None, data),
    ):
        path.unlink() if change == "removed" else path.write_bytes(b"2")


def test_large_input_is_compared_by_its_time(params: Path, code: Path, data: Path) -> None:
    array = data / "deep" / "array"
    os.truncate(array, HASHED + 1)
    with pytest.raises(ValueError, match="array: changed"), unchanged(first_line, params, code, None, data):
        os.utime(array, (0, 0))


def test_a_changed_section_is_named_and_the_rest_of_the_file_is_free(params: Path, code: Path) -> None:
    with unchanged(first_line, params, code, None):
        params.write_text("mine\nedited\n")
    with pytest.raises(ValueError, match=r"params\.yaml: changed"), unchanged(first_line, params, code, None):
        params.write_text("edited\n")


def test_error_of_the_stage_itself_is_what_is_reported(params: Path, code: Path, data: Path) -> None:
    with pytest.raises(OSError, match="disk"), unchanged(first_line, params, code, None, data):
        (data / "deep" / "array").write_bytes(b"2")
        raise OSError("disk")


def test_code_edited_during_the_stage_is_named(params: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "module.py"
    module.write_text("x = 1  # one")
    code = tmp_path / "code.json"
    code.write_text(json.dumps({"src/atelier/module.py": code_digest(module.read_text())}))
    monkeypatch.setattr(manifest, "loaded", lambda: {"src/atelier/module.py": module})
    with unchanged(first_line, params, code, None):
        module.write_text("x = 1  # a comment was edited")
    with (
        pytest.raises(ValueError, match=r"src/atelier/module\.py: the code differs"),
        unchanged(first_line, params, code, None),
    ):
        module.write_text("x = 2")
