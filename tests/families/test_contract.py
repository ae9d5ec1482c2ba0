"""The contract of every family: its modules follow the protocol, its losses are golden, it trains on both backends."""

import copy
import inspect
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import keras
import numpy as np
import pytest
import yaml

from atelier.core import lookup
from atelier.core.prepared import Prepared
from atelier.exporting.export import export
from atelier.exporting.formats import FORMATS
from atelier.families import protocol
from atelier.modalities import protocol as modality_protocol
from atelier.networks import network as networks
from atelier.params import file
from atelier.params.strict import Strict
from atelier.training.run import train

FAMILIES = lookup.names("families", "params")
# Families whose networks others trained: tests/families/adopted/ adopts some.
ADOPTING = [name for name in FAMILIES if hasattr(lookup.module("families", name, "train"), "adopt")]
TRAINED = [name for name in FAMILIES if name not in ADOPTING]
MODALITIES = lookup.names("modalities", "params")

# A fixed training section of each family, independent of params.yaml, and two losses after each of its four epochs on
# the small twin of MNIST or IMDb. Refactoring keeps these numbers. Whoever changes a model replaces them in the same
# commit: run the test and copy the numbers that it prints.
TRAINING = {
    "vae": {
        "condition": "none",
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
        "condition": "none",
        "latent_dim": 8,
        "space_to_depth": 2,
        "resampling": "pooled",
        "generator_base": 16,
        "generator_filters": [16],
        "generator_norm": "pixel",
        "output_kernel": 3,
        "discriminator_filters": [8, 16, 16],
        "discriminator_features": 0,
        "dropout": 0.1,
        "loss": "relativistic",
        "r1": 0.5,
        "r2": 0.5,
        "label_smoothing": 0.0,
        "label_noise": 0.0,
        "augment": ["translation", "cutout", "colour"],
        "ema": 0.9,
        "beta_1": 0.0,
        "beta_2": 0.99,
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
# Relative differences that rounding causes, because processors sum in different orders; an adversarial game amplifies
# them from epoch to epoch.
EXACT, TOLERANCE = 2e-3, {"gan": 2e-2}
# How close the last losses on both backends are; adversarial losses fluctuate more.
CLOSE = {"vae": 0.25, "gan": 0.5, "transformer_lm": 0.05}
GOLDEN = {
    "vae": [(480.6606, 389.4562), (274.4603, 254.0102), (224.3144, 232.9753), (217.13, 225.0697)],
    "gan": [(0.6421, 0.8219), (0.6133, 0.8819), (0.5251, 1.05), (0.4935, 1.0953)],
    "transformer_lm": [(5.6584, 5.2326), (5.0242, 4.8301), (4.7951, 4.7175), (4.7496, 4.6968)],
}
# Shapes of `samples.npy`.
DRAWN = {"images": (120, 28, 28, 1), "text": (2, 120, 24)}


def functions(kind: type) -> list[str]:
    """The functions that a protocol asks for."""
    return [name for name, member in vars(kind).items() if inspect.isfunction(member) and not name.startswith("_")]


def attributes(kind: type) -> list[str]:
    return list(inspect.get_annotations(kind))


def assert_same_signature(actual: Any, contract: Any) -> None:
    """Both take the same arguments of the same types, `Any` in the contract aside."""
    taken = inspect.signature(actual).parameters
    asked = dict(inspect.signature(contract).parameters)
    taken = {name: parameter.annotation for name, parameter in taken.items() if name != "self"}
    asked = {name: parameter.annotation for name, parameter in asked.items() if name != "self"}
    assert list(taken) == list(asked), actual
    assert {name: taken[name] for name, of in asked.items() if of is not Any} == {
        name: of for name, of in asked.items() if of is not Any
    }


def assert_follows(module: ModuleType, kind: type) -> None:
    for name in attributes(kind):
        assert hasattr(module, name), f"{module.__name__} lacks {name}"
    for name in functions(kind):
        assert_same_signature(getattr(module, name), getattr(kind, name))


@pytest.mark.parametrize("part, kind", protocol.MODULES.items())
@pytest.mark.parametrize("family", FAMILIES)
def test_modules_of_a_family_follow_its_protocol(family: str, part: str, kind: type):
    if part == "train" and family in ADOPTING:
        kind = protocol.AdoptModule
    assert_follows(lookup.module("families", family, part), kind)


@pytest.mark.parametrize("part, kind", protocol.OPTIONAL.items())
def test_optional_modules_of_a_family_follow_its_protocol(part: str, kind: type):
    for family in lookup.names("families", part):
        assert_follows(lookup.module("families", family, part), kind)


@pytest.mark.parametrize("part, kind", modality_protocol.MODULES.items())
@pytest.mark.parametrize("modality", MODALITIES)
def test_modules_of_a_modality_follow_its_protocol(modality: str, part: str, kind: type):
    module = lookup.module("modalities", modality, part)
    assert_follows(module, kind)
    if part == "watch":
        assert_same_signature(module.Watch, modality_protocol.Watch.__init__)
        assert_same_signature(module.Watch.measure, modality_protocol.Watch.measure)


@pytest.mark.parametrize("family", FAMILIES)
def test_functions_of_a_family_take_the_schemas_of_its_sections(family: str):
    params = lookup.module("families", family, "params")
    assert params.MODALITY in MODALITIES
    assert isinstance(params.ENCODER, bool)
    # What others trained is configured by their file.
    assert issubclass(params.Train, params.Config) == (family not in ADOPTING)
    for part in ("train", "sample", "evaluate"):
        name = "adopt" if part == "train" and family in ADOPTING else part
        function = getattr(lookup.module("families", family, part), name)
        schema = getattr(params, part.title())
        assert issubclass(schema, Strict)
        assert inspect.signature(function).parameters["params"].annotation is schema
    network = lookup.module("families", family, "network")
    assert network.Config is params.Config


@dataclass(frozen=True)
class Case:
    """A run of a family on the small twin of its modality."""

    family: str
    run: str
    modality: str
    prepared: Path
    judge: Path
    params: Path
    code: Path


@dataclass(frozen=True)
class Result:
    """`COLUMNS` of the history, and the shape of the samples."""

    losses: list[list[float]]
    drawn: tuple[int, ...]


def train_and_sample(backend: str, name: str, *paths: str) -> None:
    """Train a run and draw its samples, in this process or (through runpy) in another one."""
    assert keras.backend.backend() == backend
    params, prepared, judge, code, out = map(Path, paths)
    run, data = file.read(params).entry("runs", name), Prepared.read(prepared)
    train(run, data, judge, code, out, out / "checkpoints")
    family = lookup.module("families", run.family, "sample")
    network = networks.load(out)
    family.sample(network, data, run.sample, out / "samples")
    exportable = run.family in lookup.names("families", "export")
    if backend == "jax" and exportable and file.modality(run.family) in FORMATS["keras"].modalities:
        # It compares what it wrote with the network, and refuses other pictures.
        export(network, FORMATS["keras"], out)


def arguments(case: Case, out: Path, backend: str) -> list[str]:
    return [backend, case.run, *map(str, (case.params, case.prepared, case.judge, case.code, out))]


def result(case: Case, out: Path) -> Result:
    header, *rows = (out / "history.csv").read_text().splitlines()
    columns = header.split(",")
    losses = [[float(row.split(",")[columns.index(name)]) for name in COLUMNS[case.family]] for row in rows]
    return Result(losses, np.load(out / "samples" / "samples.npy").shape)


@pytest.fixture(scope="module")
def pinned(small_params: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    params = copy.deepcopy(small_params)
    for run in params["runs"].values():
        run["train"] = TRAINING[run["family"]]
    path = tmp_path_factory.mktemp("pinned") / "params.yaml"
    path.write_text(yaml.safe_dump(params), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def cases(
    pinned: Path, small_params: dict[str, Any], manifest, prepared, judge, prepared_texts, judge_of_texts
) -> dict[str, Case]:
    data = {"images": (prepared, judge), "text": (prepared_texts, judge_of_texts)}
    found = {}
    for family in TRAINED:
        name = next(name for name, run in small_params["runs"].items() if run["family"] == family)
        modality = file.modality(family)
        found[family] = Case(family, name, modality, *data[modality], pinned, manifest("train", name, pinned))
    return found


@pytest.fixture(scope="module")
def on_tensorflow(cases: dict[str, Case], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Result]:
    """Train a family, once."""

    @cache
    def trained(family: str) -> Result:
        out = tmp_path_factory.mktemp(family)
        train_and_sample(*arguments(cases[family], out, "tensorflow"))
        return result(cases[family], out)

    return trained


@pytest.fixture(scope="module")
def on_jax(cases: dict[str, Case], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """Train every family in one other process, because importing Keras and JAX takes seconds."""
    place = tmp_path_factory.mktemp("jax")
    # Without `jit_compile`, Keras runs every operation of a step on its own.
    compiled = place / "params.yaml"
    sections = yaml.safe_load(cases[TRAINED[0]].params.read_text(encoding="utf-8"))
    for run in sections["runs"].values():
        run["train"] |= {"jit_compile": True}
    compiled.write_text(yaml.safe_dump(sections), encoding="utf-8")
    trainings = [arguments(replace(case, params=compiled), place / case.family, "jax") for case in cases.values()]
    code = "import json, runpy, sys; train = runpy.run_path(sys.argv[1])['train_and_sample']\n"
    code += "for words in json.loads(sys.argv[2]): train(*words)"
    # Compiling with optimisation takes longer than it saves.
    environment = {"XLA_FLAGS": "--xla_backend_optimization_level=0"} | os.environ | {"KERAS_BACKEND": "jax"}
    command = [sys.executable, "-c", code, __file__, json.dumps(trainings)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return {family: result(case, place / family) for family, case in cases.items()}


@pytest.mark.parametrize("family", TRAINED)
def test_short_training_has_its_golden_losses(family: str, cases: dict[str, Case], on_tensorflow):
    trained = on_tensorflow(family)
    assert trained.drawn == DRAWN[cases[family].modality]
    first, *later = zip(trained.losses, GOLDEN[family], strict=True)
    assert first[0] == pytest.approx(first[1], rel=EXACT), trained.losses
    for epoch, golden in later:
        assert epoch == pytest.approx(golden, rel=TOLERANCE.get(family, EXACT)), trained.losses


@pytest.mark.parametrize("family", TRAINED)
def test_family_trains_and_samples_on_jax(family: str, cases: dict[str, Case], on_tensorflow, on_jax):
    assert on_jax[family].drawn == DRAWN[cases[family].modality]
    # Initial weights differ between backends, but the model is the same, so both trainings end with similar losses.
    assert on_jax[family].losses[-1] == pytest.approx(on_tensorflow(family).losses[-1], rel=CLOSE[family])
