"""The contract that every family keeps: it trains on each backend, its losses are golden, it comes back from disk."""

import copy
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from atelier.core import lookup

# A training section of each family that stays as it is whatever params.yaml becomes, and two losses of each of its four
# epochs on 340 images of the MNIST twin. A refactor shows the same numbers; a change of them is a change of the
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
}
COLUMNS = {"vae": ("loss", "val_loss"), "gan": ("discriminator_loss", "generator_loss")}
# A game swings more than a descent.
CLOSE = {"vae": 0.25, "gan": 0.5}
GOLDEN = {
    "vae": [(480.6606, 389.4562), (274.4603, 254.0102), (224.3144, 232.9753), (217.13, 225.0697)],
    "gan": [(0.5551, 0.9498), (0.3464, 1.637), (0.4126, 1.7087), (0.4819, 1.6902)],
}

TRAIN = """
import json, sys
from pathlib import Path
import numpy as np
from atelier.core.params import file
from atelier.pipeline import networks
from atelier.pipeline.generation import images as generation
from atelier.pipeline.prepared import Prepared
from atelier.pipeline.training import train

family, params, prepared, judge, out = sys.argv[1], *map(Path, sys.argv[2:])
run = next(run for run in file.read(params).runs.values() if run.family == family)
train(Prepared.read(prepared), judge, run, out, out / "checkpoints")
pictures = generation.from_seeds(networks.load(out), range(5), batch=2)
assert pictures.shape[1:] == Prepared.read(prepared).spec.shape and pictures.dtype == np.uint8
import keras
print(json.dumps({"backend": keras.backend.backend(), "pixels": [int(p.sum()) for p in pictures]}))
"""


def train(
    family: str, params_file: Path, prepared: Path, judge: Path, out: Path, backend: str
) -> tuple[list[list[float]], dict]:
    """Train `family` in a process of its own; its history's `COLUMNS`, and what it printed last."""
    done = subprocess.run(
        [sys.executable, "-c", TRAIN, family, str(params_file), str(prepared), str(judge), str(out)],
        capture_output=True,
        text=True,
        env=os.environ | {"KERAS_BACKEND": backend},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    header, *rows = (out / "history.csv").read_text().splitlines()
    columns = header.split(",")
    losses = [[float(row.split(",")[columns.index(name)]) for name in COLUMNS[family]] for row in rows]
    return losses, json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def pinned(small_params: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    params = copy.deepcopy(small_params)
    for run in params["runs"].values():
        run["train"] = TRAINING[run["family"]]
    path = tmp_path_factory.mktemp("pinned") / "params.yaml"
    path.write_text(yaml.safe_dump(params), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def on_tensorflow(pinned: Path, prepared: Path, judge: Path, tmp_path_factory: pytest.TempPathFactory):
    return {
        family: train(family, pinned, prepared, judge, tmp_path_factory.mktemp(family), "tensorflow")
        for family in lookup.names("core.params.families")
    }


@pytest.mark.parametrize("family", lookup.names("core.params.families"))
def test_short_training_shows_its_golden_losses(family: str, on_tensorflow):
    losses, _ = on_tensorflow[family]
    for epoch, golden in zip(losses, GOLDEN[family], strict=True):
        assert epoch == pytest.approx(golden, rel=2e-3), losses


@pytest.mark.parametrize("family", lookup.names("core.params.families"))
def test_family_trains_and_samples_on_jax(
    family: str, pinned: Path, prepared: Path, judge: Path, tmp_path: Path, on_tensorflow
):
    losses, printed = train(family, pinned, prepared, judge, tmp_path, "jax")
    assert printed["backend"] == "jax"
    # Other initial weights, the same model: so short a training ends near where TensorFlow's did.
    assert losses[-1] == pytest.approx(on_tensorflow[family][0][-1], rel=CLOSE[family])
