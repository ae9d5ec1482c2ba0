"""A package that was changed by hand: no stage records a result under versions that it did not use."""

import json
import sys
from pathlib import Path

import pytest
import yaml
from checkout import BIN, ROOT, Checkout

from atelier.core import environment


@pytest.fixture
def other_keras(tmp_path: Path) -> Path:
    """A directory with another Keras, as `pip install --target` makes it."""
    (tmp_path / "other/keras").mkdir(parents=True)
    (tmp_path / "other/keras/__init__.py").write_text('__version__ = "3.9.0"\n')
    return tmp_path / "other"


def with_metadata(place: Path) -> Path:
    (place / "keras-3.9.0.dist-info").mkdir()
    (place / "keras-3.9.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: keras\nVersion: 3.9.0\n")
    return place


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A pipeline that has only the stage `environment`, which has run."""
    made = Checkout(tmp_path / "checkout").init()
    lock = "\n".join(f"{name}=={version}" for name, version in environment.versions().items())
    made.write("requirements/cpu.txt", lock + "\n")
    made.write("params.yaml", "runs: {}\n")
    stage = {"cmd": "echo {} >out.json", "deps": ["requirements/cpu.txt"], "outs": ["out.json"]}
    made.write("dvc.yaml", yaml.safe_dump({"stages": {"environment": stage}}))
    made.dvc("repro", "-q")
    made.commit("base")
    return made


def why(checkout: Checkout, *path: Path, status: int) -> str:
    paths = ":".join(map(str, [*path, ROOT / "src"]))
    return checkout.run(str(BIN / "atelier"), "why", status=status, PYTHONPATH=paths).output


def test_why_names_a_package_that_is_not_the_locked_one(checkout: Checkout, other_keras: Path):
    assert "nothing would run" in why(checkout, status=0)
    said = why(checkout, other_keras, status=1)
    assert f"environment: package keras is imported from {other_keras}/keras" in said
    installed = environment.versions()["keras"]
    said = why(checkout, with_metadata(other_keras), status=1)
    assert f"environment: package keras 3.9.0 (the lock says {installed})" in said


@pytest.mark.parametrize("stage", ["prepare", "judge", "train", "sample", "evaluate", "edit"])
def test_stages_that_compute_depend_on_the_packages_and_check_them(stage: str):
    """The check itself is the same function in all of them."""
    text = (ROOT / f"stages/{stage}.py").read_text()
    assert "stage.checked(read, params, code, environment, " in text


def test_a_stage_refuses_packages_that_the_environment_did_not_record(run_stage, packages: Path, tmp_path: Path):
    recorded = json.loads(packages.read_text())
    other = tmp_path / "environment.json"
    other.write_text(json.dumps(recorded | {"scipy": "0.1"}))
    done = run_stage(
        "prepare", "mnist", "--raw", tmp_path, "--out", tmp_path / "out", "--environment", other, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: installed: scipy {recorded['scipy']} ({other} says 0.1)")
    assert done.stderr.count("\n") == 1


def test_versions_are_those_of_the_modules_that_python_imports(other_keras: Path, monkeypatch: pytest.MonkeyPatch):
    expected = environment.versions()
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    monkeypatch.syspath_prepend(other_keras)
    with pytest.raises(ValueError, match=r"keras is imported from .*other.*remove that directory from PYTHONPATH"):
        environment.versions()
    with_metadata(other_keras)
    assert environment.versions() == expected | {"keras": "3.9.0"}
