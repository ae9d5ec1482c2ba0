"""Killed trainings resume to the same bits; equal trainings write equal bytes."""

import copy
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from atelier.core.files import sha256

ROOT = Path(__file__).parents[2]
EPOCHS = 5
# Of each family one; those of images train on the digits here.
RUNS = ("mnist-vae", "celeba-gan", "imdb-lm")
Data = dict[str, tuple[Path, Path]]
Digests = dict[str, str]


@pytest.fixture(scope="module")
def params(small_params: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = copy.deepcopy({name: small_params["runs"][name] for name in RUNS})
    for run in runs.values():
        run["train"] |= {"epochs": EPOCHS, "clip_norm": 10.0, "warmup_epochs": 1.0}
    runs["mnist-vae"]["train"]["kl_warmup_epochs"] = 2.0
    runs["imdb-lm"]["train"] |= {"dropout": 0.1, "preview_epochs": 3}
    changed = small_params | {"runs": runs, "edits": {}}
    path = tmp_path_factory.mktemp("resume") / "params.yaml"
    path.write_text(yaml.safe_dump(changed), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def data(prepared: Path, judge: Path, prepared_texts: Path, judge_of_texts: Path) -> Data:
    """The prepared dataset and the judge that each run trains with."""
    return {run: (prepared_texts, judge_of_texts) if run == "imdb-lm" else (prepared, judge) for run in RUNS}


def start(params: Path, data: Data, place: Path, run: str = RUNS[0], **environment: str) -> subprocess.Popen[str]:
    prepared, judge = data[run]
    options = {
        "prepared": prepared,
        "judge": judge,
        "out": place / "out",
        "checkpoints": place / "checkpoints",
        "params": params,
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    command = [sys.executable, str(ROOT / "stages/train.py"), run, *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ | environment
    )


def finish(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate()
    assert process.returncode == 0, output
    return output


def digests(out: Path) -> Digests:
    return {str(path.relative_to(out)): sha256(path) for path in sorted(out.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def places(params: Path, data: Data, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Where trainings that nobody interrupts have written, by the name of the run."""
    found = {run: tmp_path_factory.mktemp("whole") for run in RUNS}
    for run, place in found.items():
        finish(start(params, data, place, run))
    return found


@pytest.fixture(scope="module")
def wholes(places: dict[str, Path]) -> dict[str, Digests]:
    """What these trainings wrote."""
    return {run: digests(place / "out") for run, place in places.items()}


@pytest.fixture(scope="module")
def uninterrupted(wholes: dict[str, Digests]) -> Digests:
    return wholes[RUNS[0]]


def test_same_seed_gives_the_same_bytes_of_every_out_whether_tensorboard_watches_or_not(
    params, data, uninterrupted, tmp_path: Path
):
    finish(start(params, data, tmp_path, ATELIER_TENSORBOARD=str(tmp_path / "logs")))
    assert list((tmp_path / "logs").rglob("events.out.*"))
    assert digests(tmp_path / "out") == uninterrupted
    assert {"config.json", "model.weights.h5", "history.csv", "previews/growth.png"} <= set(uninterrupted)


@pytest.mark.parametrize(("run", "epochs"), [("mnist-vae", 3), ("celeba-gan", 1), ("imdb-lm", 2)])
def test_training_killed_without_warning_ends_with_the_same_bits(
    run: str, epochs: int, params, data, wholes, tmp_path: Path
):
    process = start(params, data, tmp_path, run)
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(f"epoch {epochs}/"):
            break
    # Somewhere within the next epoch, its checkpoint or its picture.
    time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert not (tmp_path / "out").exists()
    assert "resuming after epoch" in finish(start(params, data, tmp_path, run))
    assert digests(tmp_path / "out") == wholes[run]


def test_a_changed_parameter_starts_anew(params, data, places, uninterrupted, tmp_path: Path):
    shutil.copytree(places[RUNS[0]], tmp_path, dirs_exist_ok=True)
    assert any((tmp_path / "checkpoints").iterdir())
    changed = tmp_path / "params.yaml"
    changed.write_text(params.read_text().replace("learning_rate: 0.001", "learning_rate: 0.002"), encoding="utf-8")
    assert changed.read_text() != params.read_text()
    assert "resuming" not in finish(start(changed, data, tmp_path))
    assert digests(tmp_path / "out") != uninterrupted
