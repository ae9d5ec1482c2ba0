"""A checkout with the project's parameters, gates and numbers, whose stages only copy."""

import json
import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]

# A pipeline of copies, so that results of every run are there in a second.
COPIES = """
stages:
  sample:
    foreach: ${runs}
    do:
      cmd: mkdir -p data/samples && cp -r drawn/${key} data/samples/${key}
      deps:
        - drawn/${key}
      outs:
        - data/samples/${key}
  summarize:
    cmd: cp numbers.json metrics.json
    deps:
      - numbers.json
    metrics:
      - metrics.json:
          cache: false
"""


class Results:
    """A Git checkout with the project's parameters, gates and numbers, whose stages only copy."""

    def __init__(self, path: Path, home: Path) -> None:
        self.path = path
        self.environment = os.environ | {
            "HOME": str(home),
            "DVC_NO_ANALYTICS": "1",
            "PYTHONPATH": str(ROOT / "src"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{who}_NAME": "test" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "test@example.org" for who in ("AUTHOR", "COMMITTER")},
        }

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(command, cwd=self.path, env=self.environment, capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def git(self, *arguments: str) -> str:
        return self.run("git", *arguments).stdout.strip()

    def dvc(self, *arguments: str) -> None:
        """In this process, whose environment `results` has set, since a new one loads for a second."""
        from dvc.cli import main as dvc

        with warnings.catch_warnings():
            # DVC 3.67 asks a library of its own for something that will go.
            warnings.filterwarnings("ignore", "_NoneStep.value", DeprecationWarning)
            assert dvc(["--cd", str(self.path), *arguments]) == 0

    def commit(self, message: str) -> str:
        self.git("add", "-A")
        self.git("commit", "-qm", message)
        return self.git("rev-parse", "HEAD")

    def numbers(self, file: str = "metrics.json") -> dict[str, dict[str, float]]:
        return json.loads((self.path / file).read_text(encoding="utf-8"))

    def set_number(self, run: str, metric: str, value: float | None, file: str = "metrics.json") -> None:
        numbers = self.numbers(file)
        if value is None:
            del numbers[run][metric]
        else:
            numbers[run][metric] = value
        (self.path / file).write_text(json.dumps(numbers), encoding="utf-8")


@pytest.fixture(scope="session")
def copied_results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkout that `results` copies: run once and committed."""
    place = tmp_path_factory.mktemp("results")
    path = place / "checkout"
    path.mkdir()
    for name in ("params.yaml", "gates.yaml"):
        shutil.copy(ROOT / name, path)
    shutil.copy(ROOT / "metrics.json", path / "numbers.json")
    (path / "dvc.yaml").write_text(COPIES, encoding="utf-8")
    (path / ".gitignore").write_text("/data/\n/.checkpoints/\n/comparison/\n", encoding="utf-8")
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    for run, section in params["runs"].items():
        drawn = path / "drawn" / run
        drawn.mkdir(parents=True)
        texts = {"columns": ["temperature 1"], "rows": [{"name": "", "cells": [[["a | b", 0.5], [" <i>`c`", None]]]}]}
        name = "free.json" if section["modality"] == "text" else "samples.png"
        (drawn / name).write_text(json.dumps(texts) if name == "free.json" else f"picture of {run}", encoding="utf-8")
        listing = [{"file": name, "title": "Samples", "caption": "Not chosen."}]
        (drawn / "pictures.json").write_text(json.dumps(listing), encoding="utf-8")
    results = Results(path, place)
    results.git("init", "-q", "-b", "main")
    for command in (["init", "-q"], ["repro", "-q"]):
        results.run(sys.executable, "-m", "dvc", *command)
    results.commit("results")
    return path


@pytest.fixture
def results(copied_results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Results:
    """A checkout of its own with results of every run, an empty remote of DVC's, and the working directory in it."""
    path = tmp_path / "checkout"
    shutil.copytree(copied_results, path, symlinks=True)
    held = Results(path, tmp_path)
    (path / ".dvc" / "config").write_text(
        f"[core]\n    remote = here\n['remote \"here\"']\n    url = {tmp_path / 'remote'}\n", encoding="utf-8"
    )
    held.commit("a remote of its own")
    for name, value in held.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(path)
    return held
