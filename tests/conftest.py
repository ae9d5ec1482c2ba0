"""A small world that many tests share: parameters of the committed schema with few images and few epochs."""

import copy
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]


# What a small world takes of each format of data and of each family.
EMBEDDED = {"idx": {"train": 400, "test": 150}, "faces": {"train": 400, "validation": 100, "test": 150}}
PREPARED = {"idx": {"validation": 60}, "faces": {"size": 16}}
TRAINED = {
    "vae": {},
    "gan": {"generator_base": 8, "generator_filters": [8, 4], "discriminator_filters": [4, 8]},
}
SAMPLED = {
    "vae": {"manifold": 4, "reconstructions": 4, "mixture_components": 2},
    "gan": {},
}
EVALUATED = {"vae": {"importance_samples": 2}, "gan": {}}


def shrink(params: dict[str, Any]) -> dict[str, Any]:
    """The given parameters with so little data and training that a stage takes seconds."""
    small = copy.deepcopy(params)
    for dataset in small["datasets"].values():
        dataset["source"] = "embedded"
        dataset["embedded"] |= EMBEDDED[dataset["format"]]
        dataset["prepare"] |= PREPARED[dataset["format"]]
    for judge in small["judges"].values():
        judge["train"] |= {"filters": [4, 8], "features": 8, "epochs": 1, "batch": 32}
        judge["gauge"] |= {"samples": 120, "neighbours": 3, "subsets": 3, "subset_size": 60}
    for run in small["runs"].values():
        family = run["family"]
        run["train"] |= {"epochs": 2, "batch": 32, "preview_epochs": 1, "watch_images": 100} | TRAINED[family]
        if run["dataset"] == "celeba" and family == "vae":
            run["train"] |= {"latent_dim": 16, "encoder_filters": [4, 8], "decoder_filters": [8, 4]}
        run["sample"] |= {"samples": 120, "shown": 12, "interpolations": 2, "steps": 4, "batch": 32} | SAMPLED[family]
        run["evaluate"] |= {
            "samples": 120,
            "neighbours": 3,
            "subsets": 3,
            "subset_size": 60,
            "shown": 4,
            "batch": 32,
        } | EVALUATED[family]
    for edit in small["edits"].values():
        edit |= {"steps": 3, "faces": 2, "examples": 2, "train_images": 200, "images": 60, "batch": 32}
    return small


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
    directory = tmp_path_factory.mktemp("data")
    door("download", "mnist", "--out", directory / "raw", "--partial", directory / "partial", "--params", params_file)
    door("prepare", "mnist", "--raw", directory / "raw", "--out", directory / "prepared", "--params", params_file)
    return directory / "prepared"


@pytest.fixture(scope="session")
def judge(door, params_file: Path, prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hastily trained judge of that twin."""
    out = tmp_path_factory.mktemp("judges") / "mnist"
    checkpoints = out.with_name("checkpoints")
    door("judge", "mnist", "--prepared", prepared, "--out", out, "--checkpoints", checkpoints, "--params", params_file)
    return out
