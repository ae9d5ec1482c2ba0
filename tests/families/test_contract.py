"""The contract that every family keeps: it trains on each backend, its losses are golden, it comes back from disk."""

import copy
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from atelier.core import lookup

# A training section of each family that stays as it is whatever params.yaml becomes, and two losses of each of its four
# epochs on the small twin of MNIST or of IMDb. A refactor shows the same numbers; a change of them is a change of the
# model, and they are renewed in the same commit: run the test and copy what it prints.
TRAINING = {
    "vae": {
        "latent_dim": 2,
        "encoder_filters": [8, 16],
        "encoder_dense": [16],
        "decoder_dense": [16],
        "decoder_filters": [16, 8],
        "residual_blocks": 0,
        "likelihood": "bernoulli",
        "activation": "relu",
        "beta": 1.0,
        "kl_warmup_epochs": 1.0,
        "affine": 0.0,
        "elastic": 0.0,
        "flip": False,
        "clean_epochs": 0,
        "preview_epochs": 1,
        "watch_images": 100,
        "seed": 1,
        "epochs": 4,
        "batch": 32,
        "optimizer": "adam",
        "learning_rate": 0.005,
        "schedule": "cosine",
        "warmup_epochs": 0.5,
        "weight_decay": 0.0,
        "clip_norm": 0.0,
        "ema": 0.99,
        "precision": "float32",
        "jit_compile": False,
        "steps_per_execution": 1,
    },
    "gan": {
        "latent_dim": 8,
        "generator_base": 16,
        "generator_filters": [16, 8],
        "generator_norm": "batch",
        "output_kernel": 3,
        "discriminator_filters": [8, 16],
        "dropout": 0.1,
        "loss": "relativistic",
        "r1": 0.5,
        "r2": 0.5,
        "label_smoothing": 0.0,
        "label_noise": 0.0,
        "augment": ["translation", "cutout", "colour"],
        "ema": 0.9,
        "beta_1": 0.5,
        "discriminator_learning_rate": 0.001,
        "flip": True,
        "preview_epochs": 1,
        "watch_images": 100,
        "patience": 4,
        "least_coverage": 0.0,
        "least_entropy": 0.0,
        "seed": 1,
        "epochs": 4,
        "batch": 32,
        "optimizer": "adam",
        "learning_rate": 0.001,
        "schedule": "cosine",
        "warmup_epochs": 0.5,
        "weight_decay": 0.0,
        "clip_norm": 0.0,
        "precision": "float32",
        "jit_compile": False,
        "steps_per_execution": 1,
    },
    "transformer_lm": {
        "context": 32,
        "width": 16,
        "depth": 2,
        "heads": 2,
        "hidden": 32,
        "activation": "relu",
        "norm": "rms",
        "norm_position": "pre",
        "positions": "rotary",
        "tied": True,
        "dropout": 0.1,
        "steps_per_epoch": 20,
        "embedding": "cooccurrence",
        "validation_tokens": 2000,
        "preview_epochs": 4,
        "preview_prompt": "This movie",
        "preview_temperatures": [0.5, 1.0],
        "preview_tokens": 24,
        "watch_texts": 100,
        "seed": 1,
        "epochs": 4,
        "batch": 16,
        "optimizer": "muon",
        "learning_rate": 0.02,
        "schedule": "cosine",
        "warmup_epochs": 0.5,
        "weight_decay": 0.1,
        "clip_norm": 1.0,
        "ema": 0.0,
        "precision": "float32",
        "jit_compile": False,
        "steps_per_execution": 1,
    },
}
COLUMNS = {
    "vae": ("loss", "val_loss"),
    "gan": ("discriminator_loss", "generator_loss"),
    "transformer_lm": ("loss", "val_loss"),
}
# A game swings more than a descent.
CLOSE = {"vae": 0.25, "gan": 0.5, "transformer_lm": 0.05}
GOLDEN = {
    "vae": [(480.6606, 389.4562), (274.4603, 254.0102), (224.3144, 232.9753), (217.13, 225.0697)],
    "gan": [(0.5551, 0.9498), (0.3464, 1.637), (0.4126, 1.7087), (0.4819, 1.6902)],
    "transformer_lm": [(5.6584, 5.2326), (5.0242, 4.8301), (4.7951, 4.7175), (4.7496, 4.6968)],
}
# What `sample` writes as arrays.
DRAWN = {"images": [120, 28, 28, 1], "text": [2, 120, 24]}

TRAIN = """
import json, sys
from pathlib import Path
import numpy as np
from atelier.core import lookup
from atelier.core.params import file
from atelier.pipeline import networks
from atelier.core.prepared import Prepared
from atelier.training.run import train

name, params, prepared, judge, out = sys.argv[1], *map(Path, sys.argv[2:])
run, data = file.read(params).run(name), Prepared.read(prepared)
train(data, judge, run, out, out / "checkpoints")
family = lookup.module("pipeline.sampling", run.family)
family.sample(networks.load(out), data, run.sample, out / "samples")
import keras
drawn = np.load(out / "samples" / "samples.npy")
print(json.dumps({"backend": keras.backend.backend(), "drawn": drawn.shape}))
"""


@dataclass(frozen=True)
class Case:
    """A run of a family, and what it trains on, whatever `params.yaml` says: the twin of its modality."""

    family: str
    run: str
    modality: str
    prepared: Path
    judge: Path
    params: Path


def train(case: Case, out: Path, backend: str) -> tuple[list[list[float]], dict]:
    """Train and sample in a process of its own; its history's `COLUMNS`, and what it printed last."""
    arguments = [case.run, case.params, case.prepared, case.judge, out]
    done = subprocess.run(
        [sys.executable, "-c", TRAIN, *map(str, arguments)],
        capture_output=True,
        text=True,
        # JAX would compile for longer than what it compiled runs.
        env={"XLA_FLAGS": "--xla_backend_optimization_level=0"} | os.environ | {"KERAS_BACKEND": backend},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    header, *rows = (out / "history.csv").read_text().splitlines()
    columns = header.split(",")
    losses = [[float(row.split(",")[columns.index(name)]) for name in COLUMNS[case.family]] for row in rows]
    return losses, json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def pinned(small_params: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    params = copy.deepcopy(small_params)
    for run in params["runs"].values():
        run["train"] = TRAINING[run["family"]]
    path = tmp_path_factory.mktemp("pinned") / "params.yaml"
    path.write_text(yaml.safe_dump(params), encoding="utf-8")
    return path


@pytest.fixture(scope="module", params=lookup.names("core.params.families"))
def case(request: pytest.FixtureRequest, pinned: Path, small_params: dict[str, Any]) -> Case:
    name, run = next((name, run) for name, run in small_params["runs"].items() if run["family"] == request.param)
    data = {"images": ("prepared", "judge"), "text": ("prepared_texts", "judge_of_texts")}[run["modality"]]
    prepared, judge = map(request.getfixturevalue, data)
    return Case(request.param, name, run["modality"], prepared, judge, pinned)


@pytest.fixture(scope="module")
def on_tensorflow(case: Case, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[list[float]], dict]:
    return train(case, tmp_path_factory.mktemp(case.family), "tensorflow")


def test_short_training_shows_its_golden_losses(case: Case, on_tensorflow):
    losses, printed = on_tensorflow
    assert printed == {"backend": "tensorflow", "drawn": DRAWN[case.modality]}
    for epoch, golden in zip(losses, GOLDEN[case.family], strict=True):
        assert epoch == pytest.approx(golden, rel=2e-3), losses


def test_family_trains_and_samples_on_jax(case: Case, tmp_path: Path, on_tensorflow):
    losses, printed = train(case, tmp_path, "jax")
    assert printed == {"backend": "jax", "drawn": DRAWN[case.modality]}
    # Other initial weights, the same model: so short a training ends near where TensorFlow's did.
    assert losses[-1] == pytest.approx(on_tensorflow[0][-1], rel=CLOSE[case.family])
