"""A small world that many tests share: parameters of the committed schema with few images and few epochs."""

import copy
import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

# Imported before Keras: GTO then closes every handler of logs that there is, and with absl's pytest's own stream.
import gto.log  # noqa: F401
import pytest
import yaml

ROOT = Path(__file__).parents[1]

pytest_plugins = ("copied_results", "toy_pipeline")


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
LONGEST = (
    "tests/test_graph.py",
    "tests/test_team.py",
    "tests/pipeline/test_resume.py",
    "tests/models/test_families.py",
    "tests/cli/test_run.py",
    "tests/repository/test_remotes.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def order(item: pytest.Item) -> int:
        name = item.nodeid.partition("::")[0]
        return LONGEST.index(name) if name in LONGEST else len(LONGEST)

    items.sort(key=order)


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
