"""What a stage read must lie there unchanged when it ends: an edit meanwhile is told, and nothing is recorded."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from atelier.core.guard import HASHED, unchanged

ROOT = Path(__file__).parents[2]


def words(path: Path) -> str:
    """What a stage that reads only the first line depends on."""
    return path.read_text().splitlines()[0]


@pytest.fixture
def params(tmp_path: Path) -> Path:
    path = tmp_path / "params.yaml"
    path.write_text("mine\nsomeone else's\n")
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "data" / "deep").mkdir(parents=True)
    (tmp_path / "data" / "deep" / "array").write_bytes(b"1")
    return tmp_path / "data"


def test_a_stage_that_nobody_disturbs_gets_its_section(params: Path, data: Path) -> None:
    with unchanged(words, params, data) as section:
        (data / ".half-written").touch()
    assert section == "mine"


@pytest.mark.parametrize("change", ["edited", "added", "removed"])
def test_a_changed_input_is_named(params: Path, data: Path, change: str) -> None:
    path = data / "deep" / ("other" if change == "added" else "array")
    with pytest.raises(ValueError, match=f"{path.name}: changed while this stage ran"), unchanged(words, params, data):
        path.unlink() if change == "removed" else path.write_bytes(b"2")


def test_an_input_too_large_to_hash_is_told_by_its_time(params: Path, data: Path) -> None:
    array = data / "deep" / "array"
    os.truncate(array, HASHED + 1)
    with pytest.raises(ValueError, match="array: changed"), unchanged(words, params, data):
        os.utime(array, (0, 0))


def test_a_changed_section_is_named_and_the_rest_of_the_file_is_free(params: Path) -> None:
    with unchanged(words, params):
        params.write_text("mine\nedited\n")
    with pytest.raises(ValueError, match=r"params\.yaml: changed"), unchanged(words, params):
        params.write_text("edited\n")


def test_a_failure_of_the_stage_itself_is_what_is_told(params: Path, data: Path) -> None:
    with pytest.raises(OSError, match="disk"), unchanged(words, params, data):
        (data / "deep" / "array").write_bytes(b"2")
        raise OSError("disk")


def test_a_loaded_module_that_was_edited_is_named_and_one_that_was_not_loaded_is_free(tmp_path: Path) -> None:
    package = tmp_path / "atelier"
    for name in ("core/guard.py", "core/door.py"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_bytes((ROOT / "src/atelier" / name).read_bytes())
    for name in ("__init__.py", "core/__init__.py", "used.py", "unused.py"):
        (package / name).touch()
    (tmp_path / "params.yaml").touch()
    door = tmp_path / "door.py"
    door.write_text(
        textwrap.dedent("""
            import sys
            from pathlib import Path
            from atelier.core.door import one_line_errors
            from atelier.core.guard import unchanged
            from atelier import used

            with one_line_errors(), unchanged(Path.read_text, Path("params.yaml")):
                Path(sys.argv[1]).write_text("# edited")
        """)
    )

    def edit(name: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(door), str(package / name)]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert edit("unused.py").returncode == 0
    done = edit("used.py")
    assert done.returncode == 1
    assert "atelier/used.py: changed while this stage ran" in done.stderr
