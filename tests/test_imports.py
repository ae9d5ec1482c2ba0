"""Imports run down only, and what needs no network loads no Keras."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = ("keras", "tensorflow", "jax", "torch")


def loaded_by(code: str) -> set[str]:
    """The top-level packages that a fresh interpreter has loaded after `code`."""
    report = "import json, sys; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    ran = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(json.loads(ran.stdout.splitlines()[-1]))


@pytest.mark.parametrize("stage", ["code", "environment", "download", "prepare", "summarize", "report"])
def test_stage_that_needs_no_network_loads_no_keras(stage: str) -> None:
    assert (ROOT / "stages" / f"{stage}.py").is_file()
    loaded = loaded_by(f"import runpy; runpy.run_path('stages/{stage}.py', run_name='stage')")
    assert "atelier" in loaded
    assert not loaded.intersection(HEAVY)


@pytest.mark.parametrize("words", [["--help"], ["profile", "--help"], ["profile", "list"]])
def test_command_that_needs_no_network_loads_neither_keras_nor_dvc(words: list[str]) -> None:
    loaded = loaded_by(f"from atelier.cli.main import main\nmain({words}, standalone_mode=False)")
    assert "atelier" in loaded
    assert not loaded.intersection((*HEAVY, "dvc"))


@pytest.mark.parametrize("words", [["why", "--allow-missing"], ["run", "--dry", "--pull"], ["models"]])
def test_command_that_asks_dvc_loads_no_keras(words: list[str]) -> None:
    loaded = loaded_by(f"from atelier.cli.main import main\nmain({words}, standalone_mode=False)")
    assert {"atelier", "dvc"} <= loaded
    assert not loaded.intersection(HEAVY)


def lint_imports(directory: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(directory / "src")}
    code = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    return subprocess.run(
        [sys.executable, "-c", code, "--no-cache"], cwd=directory, env=environment, capture_output=True, text=True
    )


# A file of the package: an import that a contract forbids there.
PLANTED = {
    "core/planted.py": "import atelier.networks.network",
    "params/planted.py": "import atelier.datasets.mnist.source",
    "networks/planted.py": "from atelier.training import loop",
    "modalities/planted.py": "from atelier import families",
    "report/planted.py": "import atelier.workflow",
    "training/planted.py": "import atelier.cli.main",
    "families/vae/planted.py": "import atelier.families.gan.params",
    "datasets/mnist/planted.py": "import atelier.datasets.imdb.source",
    "metrics/planted.py": "import keras",
    "families/gan/params.py": "import keras",
    "datasets/formats/planted.py": "def load():\n    import tensorflow as tf\n    return tf",
    "families/planted.py": "import tensorflow as tf",
    "training/planted_jax.py": "from jax import numpy",
}


def test_every_planted_import_is_caught(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    package = tmp_path / "src" / "atelier"
    for name, planted in PLANTED.items():
        with (package / name).open("a", encoding="utf-8") as file:
            file.write(f"\n{planted}\n")
    ran = lint_imports(tmp_path)
    assert ran.returncode != 0
    contracts = re.findall(r"^(.*\S) (KEPT|BROKEN)", ran.stdout, re.MULTILINE)
    assert contracts
    assert [name for name, state in contracts if state != "BROKEN"] == []
    for name, planted in PLANTED.items():
        importer = "atelier." + name.removesuffix(".py").replace("/", ".")
        assert importer in ran.stdout, (name, planted, ran.stdout)


def test_package_outside_the_layers_is_caught(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "src" / "atelier" / "utils").mkdir()
    (tmp_path / "src" / "atelier" / "utils" / "__init__.py").touch()
    ran = lint_imports(tmp_path)
    assert ran.returncode != 0
    assert "utils" in ran.stdout + ran.stderr
