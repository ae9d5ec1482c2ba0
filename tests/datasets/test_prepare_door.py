"""`stages/prepare.py`, as DVC calls it: from drawn raw files to arrays, in processes of their own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from atelier.datasets.formats.idx.params import Embedded
from atelier.core.spec import Spec
from atelier.datasets.embedded import mnist
from atelier.datasets.formats.idx import labelled

DOOR = Path(__file__).parents[2] / "stages" / "prepare.py"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    section = {
        "source": "embedded",
        "modality": "images",
        "format": "idx",
        "embedded": {"train": 120, "test": 100, "seed": 0},
        "prepare": {"validation": 20, "seed": 0},
    }
    params = {"datasets": {"mnist": section}, "judges": {}, "runs": {}, "edits": {}}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    mnist.write(tmp_path / "raw", Embedded(train=120, test=100, seed=0))
    return tmp_path


def run(folder: Path, dataset: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(DOOR), dataset, "--raw", "raw", "--out", "out"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_door_prepares_what_the_twin_drew(folder: Path) -> None:
    done = run(folder, "mnist")
    assert done.returncode == 0, done.stderr
    spec = Spec.read(folder / "out" / "spec.json")
    assert (spec.sizes, spec.source) == ({"train": 100, "validation": 20, "test": 100}, "embedded")


def test_truncated_file_is_one_line(folder: Path) -> None:
    path = folder / "raw" / labelled.IMAGES["train"]
    path.write_bytes(path.read_bytes()[:500])
    done = run(folder, "mnist")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert f"{labelled.IMAGES['train']}: truncated" in done.stderr


def test_unknown_dataset_is_one_line_that_lists_the_known(folder: Path) -> None:
    done = run(folder, "cifar")
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["Error: no 'cifar' in datasets of params.yaml; there are: mnist"]


def test_door_needs_no_network_library() -> None:
    code = (
        "import json, runpy, sys; from atelier.datasets import fashion_mnist, mnist;"
        f"runpy.run_path({str(DOOR)!r}); print(json.dumps(sorted(sys.modules)))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    heavy = {"keras", "tensorflow", "jax", "pandas", "matplotlib", "scipy"}
    assert heavy.isdisjoint(json.loads(loaded.stdout))
