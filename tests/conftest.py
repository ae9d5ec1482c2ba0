"""A small world that many tests share: parameters of the committed schema with few images and few epochs."""

import copy
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Imported before Keras: GTO then closes every handler of logs that there is, and with absl's pytest's own stream.
import gto.log  # noqa: F401
import pytest
import yaml

ROOT = Path(__file__).parents[1]


# What a small world takes of each format of data, of each modality's judge and of each family.
EMBEDDED = {
    "idx": {"train": 400, "test": 150},
    "faces": {"train": 400, "validation": 100, "test": 150},
    "reviews": {"train": 200, "test": 200, "unsup": 60},
}
PREPARED = {
    "idx": {"validation": 60},
    "faces": {"size": 16},
    "reviews": {"tokenizer": "bpe", "vocabulary": 400, "unsup": True, "validation": 40},
}
JUDGED = {
    "images": {"train": {"filters": [4, 8]}, "gauge": {}},
    "text": {"train": {"length": 32, "embedding": 8, "kernels": [2], "filters": 8}, "gauge": {"tokens": 24}},
}
OF_IMAGES = {
    "train": {"watch_images": 100},
    "sample": {"shown": 12, "interpolations": 2, "steps": 4},
    "evaluate": {"shown": 4},
}
OF_TEXT = {
    "train": {
        "context": 32,
        "width": 16,
        "depth": 1,
        "heads": 2,
        "hidden": 32,
        "steps_per_epoch": 8,
        "validation_tokens": 2000,
        "preview_temperatures": [0.5, 1.0],
        "preview_tokens": 24,
        "watch_texts": 100,
    },
    "sample": {"temperatures": [0.7, 1.0], "shown": 2, "max_tokens": 24},
    "evaluate": {"temperature": 0.7, "test_texts": 100, "stride": 32, "order": 3, "bleu_samples": 20, "longest": 3},
}
FAMILIES = {
    "vae": {
        "train": OF_IMAGES["train"],
        "sample": OF_IMAGES["sample"] | {"manifold": 4, "reconstructions": 4, "mixture_components": 2},
        "evaluate": OF_IMAGES["evaluate"] | {"importance_samples": 2},
    },
    "gan": {
        "train": OF_IMAGES["train"]
        | {"generator_base": 8, "generator_filters": [8, 4], "discriminator_filters": [4, 8]},
        "sample": OF_IMAGES["sample"],
        "evaluate": OF_IMAGES["evaluate"],
    },
    "transformer_lm": OF_TEXT,
}


def shrink(params: dict[str, Any]) -> dict[str, Any]:
    """The given parameters with so little data and training that a stage takes seconds."""
    small = copy.deepcopy(params)
    for dataset in small["datasets"].values():
        dataset["source"] = "embedded"
        dataset["embedded"] |= EMBEDDED[dataset["format"]]
        dataset["prepare"] |= PREPARED[dataset["format"]]
    compared = {"samples": 120, "neighbours": 3, "subsets": 3, "subset_size": 60}
    for judge in small["judges"].values():
        own = JUDGED[judge["modality"]]
        judge["train"] |= {"features": 8, "epochs": 1, "batch": 32} | own["train"]
        judge["gauge"] |= compared | own["gauge"]
    for run in small["runs"].values():
        own = FAMILIES[run["family"]]
        run["train"] |= {"epochs": 2, "batch": 32, "preview_epochs": 1} | own["train"]
        if run["dataset"] == "celeba" and run["family"] == "vae":
            run["train"] |= {"latent_dim": 16, "encoder_filters": [4, 8], "decoder_filters": [8, 4]}
        run["sample"] |= {"samples": 120, "batch": 32} | own["sample"]
        run["evaluate"] |= compared | {"batch": 32} | own["evaluate"]
    for edit in small["edits"].values():
        edit |= {"steps": 3, "faces": 2, "examples": 2, "train_images": 200, "images": 60, "batch": 32}
    return small


# They run whole pipelines and trainings: begun last, they would keep one process busy while the others are out of work.
LONGEST = ("tests/test_graph.py", "tests/pipeline/test_resume.py", "tests/models/test_families.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def order(item: pytest.Item) -> int:
        name = item.nodeid.partition("::")[0]
        return LONGEST.index(name) if name in LONGEST else len(LONGEST)

    items.sort(key=order)


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


@pytest.fixture(scope="session")
def small_params() -> dict[str, Any]:
    return shrink(yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def door():
    """Run a stage's door in a process of its own: ``door("train", "mnist-vae", "--out", …)``."""

    def run(
        stage: str, *arguments: str | Path, check: bool = True, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "stages" / f"{stage}.py"), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ | environment, check=False)
        if check and done.returncode:
            pytest.fail(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done

    return run


@pytest.fixture(scope="session")
def params_file(small_params: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("params") / "params.yaml"
    path.write_text(yaml.safe_dump(small_params, sort_keys=False), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def prepared(door, params_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small prepared MNIST twin."""
    return _prepare(door, "mnist", params_file, tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def prepared_texts(door, params_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small prepared IMDb twin."""
    return _prepare(door, "imdb", params_file, tmp_path_factory.mktemp("texts"))


@pytest.fixture(scope="session")
def judge(door, params_file: Path, prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hastily trained judge of the MNIST twin."""
    return _judge(door, "mnist", params_file, prepared, tmp_path_factory.mktemp("judges"))


@pytest.fixture(scope="session")
def judge_of_texts(door, params_file: Path, prepared_texts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hastily trained judge of the IMDb twin."""
    return _judge(door, "imdb", params_file, prepared_texts, tmp_path_factory.mktemp("judges"))


@pytest.fixture(scope="session")
def language_model(
    door, params_file: Path, prepared_texts: Path, judge_of_texts: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A hastily trained network of the run `imdb-lm`, with its history and previews."""
    place = tmp_path_factory.mktemp("language_model")
    given = {"prepared": prepared_texts, "judge": judge_of_texts, "params": params_file}
    written = {"out": place / "imdb-lm", "checkpoints": place / "checkpoints"}
    door("train", "imdb-lm", *_options(given | written))
    return place / "imdb-lm"


@pytest.fixture(scope="session")
def lock():
    """Write a `dvc.lock` that names files as they are: ``lock(root, "train@mnist-vae", "data/…/config.json")``."""

    def write(root: Path, stage: str, *paths: str) -> None:
        digests = {path: hashlib.md5((root / path).read_bytes(), usedforsecurity=False).hexdigest() for path in paths}
        outs = [{"path": path, "hash": "md5", "md5": digest} for path, digest in digests.items()]
        stages = {stage: {"cmd": "python stages/train.py", "outs": outs}}
        text = yaml.safe_dump({"schema": "2.0", "stages": stages}, sort_keys=False)
        (root / "dvc.lock").write_text(text, encoding="utf-8")

    return write


def _prepare(door, dataset: str, params: Path, place: Path) -> Path:
    door("download", dataset, *_options({"out": place / "raw", "partial": place / "partial", "params": params}))
    door("prepare", dataset, *_options({"raw": place / "raw", "out": place / "prepared", "params": params}))
    return place / "prepared"


def _judge(door, dataset: str, params: Path, prepared: Path, place: Path) -> Path:
    written = {"out": place / dataset, "checkpoints": place / "checkpoints"}
    door("judge", dataset, *_options({"prepared": prepared, "params": params} | written))
    return place / dataset


def _options(values: dict[str, Path]) -> list[str]:
    return [part for name, value in values.items() for part in (f"--{name}", str(value))]


# Stages that copy files: a directory that is read, many of one kind, one that collects, what comes out the same.
TOY = """
stages:
  clean:
    cmd: mkdir -p clean && cat raw/* > clean/all
    deps: [raw]
    outs: [clean]
  train:
    foreach: ${runs}
    do:
      cmd: mkdir -p models && cat clean/all code.txt > models/${key} && grep ' ${key}:' params.yaml >> models/${key}
      deps: [clean, code.txt]
      params: ["runs.${key}"]
      outs: ["models/${key}"]
  score:
    foreach: ${runs}
    do:
      cmd: mkdir -p scores && wc -c < models/${key} > scores/${key}
      deps: ["models/${key}"]
      outs: ["scores/${key}"]
  summary:
    cmd: cat scores/* > summary.txt
    deps: [scores]
    outs:
      - summary.txt:
          cache: false
"""


@dataclass(frozen=True)
class Toy:
    """A repository of a few stages that copy files."""

    root: Path

    def write(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text, encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        text = (self.root / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def remove(self, name: str) -> None:
        path = self.root / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    def command(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {
            "PYTHONPATH": str(ROOT / "src"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "COLUMNS": "200",
        }
        done = subprocess.run(
            words, cwd=self.root, env=environment, capture_output=True, text=True, check=False, timeout=300
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def git(self, *words: str) -> str:
        return self.command("git", "-c", "user.name=test", "-c", "user.email=test@example.org", *words).stdout

    def dvc(self, *words: str, check: bool = True) -> str:
        return self.command(sys.executable, "-m", "dvc", *words, check=check).stdout

    def atelier(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.command(sys.executable, "-m", "atelier.cli.main", *words, check=check)

    def repro(self, *words: str) -> list[str]:
        """The stages that `dvc repro` runs, or restores from the run cache, in its order."""
        return re.findall(r"^(?:Running s|S)tage '(.+)'(?::| is cached)", self.dvc("repro", *words), re.MULTILINE)

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-qm", "toy", "--allow-empty")


@pytest.fixture(scope="session")
def toy_template(tmp_path_factory: pytest.TempPathFactory) -> Toy:
    toy = Toy(tmp_path_factory.mktemp("toy") / "repo")
    toy.write("dvc.yaml", TOY)
    toy.write("params.yaml", "runs:\n  a: {rate: 0.1}\n  b: {rate: 0.25}\n")
    toy.write("raw/one", "1\n")
    toy.write("raw/two", "2\n")
    toy.write("code.txt", "code\n")
    toy.write(".gitignore", "/.checkpoints/\n/models/\n/scores/\n")
    toy.git("init", "-q")
    toy.dvc("init", "-q")
    toy.dvc("config", "core.analytics", "false")
    toy.commit()
    return toy


@pytest.fixture(scope="session")
def reproduced_template(toy_template: Toy, tmp_path_factory: pytest.TempPathFactory) -> Toy:
    toy = Toy(tmp_path_factory.mktemp("reproduced") / "repo")
    shutil.copytree(toy_template.root, toy.root)
    toy.dvc("repro")
    toy.commit()
    return toy


@pytest.fixture
def unborn(toy_template: Toy, tmp_path: Path) -> Toy:
    """A toy pipeline that has never run."""
    shutil.copytree(toy_template.root, tmp_path / "toy")
    return Toy(tmp_path / "toy")


@pytest.fixture
def toy(reproduced_template: Toy, tmp_path: Path) -> Toy:
    """A toy pipeline that is up to date, and committed."""
    shutil.copytree(reproduced_template.root, tmp_path / "toy")
    return Toy(tmp_path / "toy")
