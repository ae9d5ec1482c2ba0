"""`stages/prepare.py`, as DVC calls it: from drawn raw files to arrays."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from own_pictures import drawn

from atelier.core.spec import Spec
from atelier.datasets.download import record
from atelier.datasets.formats.idx import container
from atelier.datasets.formats.idx.params import Embedded
from atelier.datasets.mnist.twin import write as twin

Run = Callable[[str], subprocess.CompletedProcess[str]]
SCRIPT = Path(__file__).parents[2] / "stages" / "prepare.py"


@pytest.fixture
def folder(tmp_path: Path, small_params: dict[str, Any]) -> Path:
    datasets = {"digits": {"kind": "mnist", "prepare": {"validation": 20, "seed": 0}}}
    judges = {"digits": small_params["judges"]["mnist"]}
    params = {"downloads": {}, "datasets": datasets, "judges": judges, "runs": {}, "edits": {}}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    twin.write(tmp_path / "raw", Embedded(train=120, test=100, seed=0))
    record.write(tmp_path / "raw", "digits", "embedded")
    return tmp_path


@pytest.fixture
def run(folder: Path, manifests: Path, packages: Path) -> Run:
    """Return a function that runs the stage for a dataset in `folder`."""

    def run(dataset: str) -> subprocess.CompletedProcess[str]:
        options = ["--raw", "raw", "--out", "out", "--code", str(manifests / "prepare" / "mnist.json")]
        options += ["--environment", str(packages)]
        command = [sys.executable, str(SCRIPT), dataset, *options]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)

    return run


def test_stage_prepares_the_twin_under_the_name_of_the_dataset(folder: Path, run: Run) -> None:
    done = run("digits")
    assert done.returncode == 0, done.stderr
    spec = Spec.read(folder / "out" / "spec.json")
    assert (spec.name, spec.source) == ("digits", "embedded")
    assert spec.sizes == ({"train": 100, "validation": 20, "test": 100})


def test_truncated_file_is_one_line(folder: Path, run: Run) -> None:
    path = folder / "raw" / container.IMAGES["train"]
    path.write_bytes(path.read_bytes()[:500])
    done = run("digits")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert f"{container.IMAGES['train']}: truncated" in done.stderr


def test_unknown_dataset_is_one_line_with_the_known_ones(run: Run) -> None:
    done = run("cifar")
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["Error: no 'cifar' in datasets of params.yaml; there are: digits"]


def test_own_pictures_that_are_missing_are_one_line_and_then_prepared(
    folder: Path, small_params: dict[str, Any], manifests: Path, packages: Path
) -> None:
    params = yaml.safe_load((folder / "params.yaml").read_text())
    prepare = {"size": 16, "fit": "crop", "colour": "grey", "classes": "none", "max_bad": 0}
    params["datasets"]["own"] = {
        "kind": "image_folder", "prepare": prepare | {"validation": 0.2, "test": 0.2, "seed": 1},
    }  # fmt: skip
    params["judges"]["own"] = small_params["judges"]["mnist"]
    (folder / "params.yaml").write_text(yaml.safe_dump(params))
    options = ["--raw", "pictures", "--out", "out", "--code", str(manifests / "prepare" / "image_folder.json")]
    command = [sys.executable, str(SCRIPT), "own", *options, "--environment", str(packages)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: pictures is missing; put your pictures there and run `dvc add pictures`")
    (folder / "pictures").mkdir()
    for index in range(6):
        (folder / "pictures" / f"{index}.PNG").write_bytes(drawn(index))
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert Spec.read(folder / "out" / "spec.json").source == "own"


def test_stage_loads_no_heavy_library() -> None:
    code = (
        "import json, runpy, sys; import atelier.datasets.mnist.source, atelier.datasets.mnist.twin.write;"
        "import atelier.datasets.image_folder.source, atelier.datasets.text_files.source;"
        f"runpy.run_path({str(SCRIPT)!r}); print(json.dumps(sorted(sys.modules)))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    heavy = {"keras", "tensorflow", "jax", "pandas", "matplotlib", "scipy"}
    assert heavy.isdisjoint(json.loads(loaded.stdout))
