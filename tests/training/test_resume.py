"""Killed trainings resume with the same bits; equal trainings write equal bytes."""

import copy
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest
import yaml

from atelier.core import environment, files
from atelier.core.files import sha256
from atelier.core.prepared import Prepared
from atelier.params import file
from atelier.training.run import train

ROOT = Path(__file__).parents[2]
EPOCHS = 5
# The loop is the same for all families; these two differ in their batches, previews and judges.
RUNS = ("mnist-vae", "imdb-lm")
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
    """The prepared dataset and the judge of each run."""
    return {run: (prepared_texts, judge_of_texts) if run == "imdb-lm" else (prepared, judge) for run in RUNS}


def arguments(params: Path, data: Data, place: Path, run: str, code: Path) -> list[str]:
    prepared, judge = data[run]
    options = {
        "prepared": prepared,
        "judge": judge,
        "out": place / "out",
        "checkpoints": place / "checkpoints",
        "params": params,
        "code": code,
    }
    files.write_json(place / "environment.json", environment.versions())
    options["environment"] = place / "environment.json"
    return [run, *(part for name, value in options.items() for part in (f"--{name}", str(value)))]


def train_here(params: Path, data: Data, place: Path, run: str, code: Path) -> None:
    """Train in this process, as the stage does in its own."""
    # Keras numbers layers per process and writes these names beside the weights.
    keras.utils.clear_session()
    prepared, judge = data[run]
    entry = file.read(params).entry("runs", run).only("train")
    train(entry, Prepared.read(prepared), judge, code, place / "out", place / "checkpoints")


def kill_after(epoch: int, given: list[str]) -> None:
    """Train in another process and kill it without warning during the epoch after `epoch`, or while it is saved."""
    command = [sys.executable, str(ROOT / "stages/train.py"), *given]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            lines = []
            for line in process.stdout:
                lines.append(line)
                if line.startswith(f"epoch {epoch}/"):
                    break
            else:
                pytest.fail("".join(lines))
            time.sleep(0.05)
        finally:
            process.kill()
        process.stdout.read()
    assert process.returncode == -signal.SIGKILL


def digests(out: Path) -> Digests:
    return {str(path.relative_to(out)): sha256(path) for path in sorted(out.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def code(manifest, params: Path) -> Callable[[str], Path]:
    return lambda run: manifest("train", run, params)


@pytest.fixture(scope="module")
def uninterrupted(params: Path, data: Data, code, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Directories of trainings that were not interrupted, by run."""
    places = {run: tmp_path_factory.mktemp("uninterrupted") for run in RUNS}
    for run, place in places.items():
        train_here(params, data, place, run, code(run))
    return places


def test_equal_trainings_write_equal_bytes_also_in_another_process_and_with_tensorboard(
    params, data, code, uninterrupted, run_stage, tmp_path: Path
):
    run = RUNS[0]
    run_stage(
        "train",
        *arguments(params, data, tmp_path, run, code(run)),
        ATELIER_TENSORBOARD=str(tmp_path / "logs"),
    )
    assert list((tmp_path / "logs").rglob("events.out.*"))
    expected = digests(uninterrupted[run] / "out")
    assert digests(tmp_path / "out") == expected
    assert {"config.json", "model.weights.h5", "history.csv", "previews/growth.png"} <= set(expected)


@pytest.mark.parametrize(("run", "epoch"), [("mnist-vae", 3), ("imdb-lm", 2)])
def test_killed_training_resumes_with_the_same_bits(
    run: str, epoch: int, params, data, code, uninterrupted, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    kill_after(epoch, arguments(params, data, tmp_path, run, code(run)))
    assert not (tmp_path / "out").exists()
    train_here(params, data, tmp_path, run, code(run))
    assert "resuming after epoch" in capsys.readouterr().out
    assert digests(tmp_path / "out") == digests(uninterrupted[run] / "out")


def test_changed_parameter_starts_anew(
    params, data, code, uninterrupted, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    run = RUNS[0]
    place = shutil.copytree(uninterrupted[run], tmp_path / "place")
    assert any((place / "checkpoints").iterdir())
    changed = tmp_path / "params.yaml"
    changed.write_text(params.read_text().replace("learning_rate: 0.001", "learning_rate: 0.002"), encoding="utf-8")
    assert changed.read_text() != params.read_text()
    train_here(changed, data, place, run, code(run))
    assert "resuming" not in capsys.readouterr().out
    assert digests(place / "out") != digests(uninterrupted[run] / "out")
