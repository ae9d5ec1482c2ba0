"""`RUN@v1.0.0` uses the network of another commit with everything that belongs to it; altered files are refused."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tokenizers
import yaml
from checkout import ROOT, Checkout
from PIL import Image
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from atelier.core.spec import Spec
from atelier.core.text import SPECIAL
from atelier.editing.vectors import KINDS, Concepts
from atelier.networks import network as networks
from atelier.params import file

PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
# The stages of dvc.yaml that the commands read, by the same names and paths.
PIPELINE = """
stages:
  train:
    foreach: {mnist-vae: {}, celeba-vae: {}, imdb-lm: {}}
    do:
      cmd: "true"
      outs: ["data/models/${key}/config.json", "data/models/${key}/model.weights.h5"]
  prepare:
    foreach: {imdb: {}}
    do: {cmd: "true", outs: ["data/prepared/${key}"]}
  edit:
    foreach: {celeba-vae: {}}
    do: {cmd: "true", outs: ["data/edits/${key}"]}
"""
DENSE: dict[str, Any] = {"latent_dim": 3, "encoder_filters": (), "decoder_filters": ()}
DENSE |= {"encoder_dense": (), "decoder_dense": ()}
SMALL: dict[str, dict[str, Any]] = {
    "mnist-vae": DENSE,
    "celeba-vae": DENSE,
    "imdb-lm": {"context": 16, "width": 8, "depth": 1, "heads": 2, "hidden": 8},
}
WORDS = {1: ["one", "film", "that", "was", "good"], 2: ["two", "plays", "which", "were", "bad"]}
COMMANDS = {
    "mnist-vae": ("generate", "mnist-vae", "-n", "3", "-o", "out.npz"),
    "imdb-lm": ("write", "imdb-lm", "--prompt", "film plays", "--temperature", "1.5"),
    "celeba-vae": ("edit", "celeba-vae", "face.png", "--concept", "Smiling", "-o", "out.png"),
}


class Canary:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return (Path.touch, (self.path,))


def train(root: Path, number: int) -> None:
    """Networks, tokenizer and vectors that differ by `number`."""
    params = file.read(root / "params.yaml")
    shapes = {"mnist-vae": (8, 8, 1), "celeba-vae": (8, 8, 3), "imdb-lm": ()}
    for run, sizes in SMALL.items():
        of = params.entry("runs", run)
        spec = Spec(of.dataset, shapes[run], (0, 255), ("a", "b"), (), {}, {}, "embedded", vocabulary=8)
        section = of.train.model_copy(update=sizes)
        built = networks.build(of.family, section, spec, seed=number, precision="float32")
        networks.save(built, root / f"data/models/{run}")
    vocabulary = {word: index for index, word in enumerate([*SPECIAL, *WORDS[number]])}
    tokenizer = tokenizers.Tokenizer(WordLevel(vocabulary, unk_token=SPECIAL[1]))
    tokenizer.pre_tokenizer = Whitespace()
    (root / "data/prepared/imdb").mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(root / "data/prepared/imdb/tokenizer.json"))
    vectors = np.random.default_rng(number).normal(size=(len(KINDS), 1, 3)).astype(np.float32)
    Concepts(("Smiling",), vectors, np.array([0.5], np.float32), 0).write(root / "data/edits/celeba-vae")


def result(checkout: Checkout, *words: str) -> bytes:
    """What a command prints or writes."""
    printed = checkout.atelier(*words).stdout
    out = next((checkout.root / name for name in ("out.npz", "out.png") if (checkout.root / name).exists()), None)
    if out is None:
        return printed.encode()
    content = np.load(out)["images"].tobytes() if out.suffix == ".npz" else out.read_bytes()
    out.unlink()
    return content


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout with two versions of each run; the working tree is as the second."""
    checkout = Checkout(tmp_path_factory.mktemp("versions") / "checkout").init()
    checkout.write("dvc.yaml", PIPELINE)
    checkout.write(".gitignore", "/data/\n/.checkpoints/\n/out*\n/face.png\n")
    for number, crop in ((1, 178), (2, 60)):
        params = PARAMS | {"datasets": {**PARAMS["datasets"]}}
        faces = params["datasets"]["celeba"]
        params["datasets"]["celeba"] = faces | {"prepare": faces["prepare"] | {"crop": crop}}
        checkout.write("params.yaml", yaml.safe_dump(params, sort_keys=False))
        metrics = {"mnist-vae": {"fd": number + 0.25, "kid": 0.5}, "imdb-lm": {"perplexity": 12.5}}
        checkout.write("metrics.json", yaml.safe_dump(metrics, default_flow_style=True))
        train(checkout.root, number)
        checkout.dvc("commit", "-q", "-f")
        checkout.commit(f"trained {number}")
    for run in SMALL:
        checkout.git("tag", "-am", "first", f"{run}@v1.0.0", "HEAD~1")
    checkout.git("tag", "-am", "in production", "mnist-vae#prod#1", "HEAD~1")
    picture = np.random.default_rng(0).integers(0, 256, (218, 178, 3), np.uint8)
    Image.fromarray(picture).save(checkout.root / "face.png")
    return checkout


@pytest.fixture
def checkout(template: Checkout, tmp_path: Path) -> Checkout:
    return template.copy(tmp_path / "checkout")


@pytest.mark.parametrize("run", COMMANDS)
def test_version_does_what_its_commit_did(checkout: Checkout, run: str):
    command, _, *options = COMMANDS[run]
    checkout.git("switch", "-q", "--detach", "HEAD~1")
    checkout.dvc("checkout", "-q")
    before = result(checkout, command, run, *options)
    checkout.git("switch", "-q", "main")
    checkout.dvc("checkout", "-q")
    assert result(checkout, command, run, *options) != before
    assert result(checkout, command, f"{run}@v1.0.0", *options) == before
    # The run, its data and its parameters in the working tree do not matter.
    checkout.remove("data")
    params = yaml.safe_load(checkout.read("params.yaml")) | {"runs": {}, "edits": {}}
    checkout.write("params.yaml", yaml.safe_dump(params))
    assert result(checkout, command, f"{run}@v1.0.0", *options) == before


def test_version_begins_with_the_prompt_that_its_commit_had(checkout: Checkout):
    checkout.replace("params.yaml", " prompt: This movie", " prompt: two plays")
    checkout.git("commit", "-qam", "another prompt")
    checkout.replace("params.yaml", " prompt: two plays", " prompt: which were")
    assert checkout.atelier("write", "imdb-lm@HEAD").stdout.startswith("two plays")
    checkout.replace("params.yaml", " prompt: which were", " prompt: [two]")
    checkout.git("commit", "-qam", "no prompt")
    assert checkout.refusal("write", "imdb-lm@HEAD").endswith("its params.yaml has no runs.imdb-lm.sample.prompt")


def test_stage_and_commit_name_a_version_too(checkout: Checkout):
    command, run, *options = COMMANDS["mnist-vae"]
    version = result(checkout, command, f"{run}@v1.0.0", *options)
    assert result(checkout, command, f"{run}@prod", *options) == version
    assert result(checkout, command, f"{run}@HEAD~1", *options) == version
    assert result(checkout, command, f"{run}@main", *options) == result(checkout, command, run, *options) != version


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ("generate", "imdb-lm@v1.0.0", "-o", "out.png"),
            "imdb-lm@v1.0.0 is a run of text, not of images; use `atelier write imdb-lm@v1.0.0`",
        ),
        (
            ("write", "mnist-vae@prod"),
            "mnist-vae@prod is a run of images, not of text; use `atelier generate mnist-vae@prod`",
        ),
        (
            ("generate", "mnist-vae@v9.0.0", "-o", "out.png"),
            "mnist-vae@v9.0.0: no version, stage or commit 'v9.0.0'; versions of mnist-vae: v1",
        ),
        (("generate", "mnist-gan@main", "-o", "out.png"), "mnist-gan@main: train@mnist-gan has no results at "),
        (
            ("edit", "mnist-vae@prod", "face.png", "--concept", "Smiling", "-o", "out.png"),
            "mnist-vae@prod: edit@mnist-vae has no results at ",
        ),
        (("generate", "mnist-vae@prod", "--unverified", "-o", "out.png"), "--unverified is for the working tree; "),
    ],
)
def test_version_that_cannot_be_used_is_one_line(checkout: Checkout, words: tuple[str, ...], line: str):
    assert checkout.refusal(*words).startswith(line)


@pytest.mark.parametrize(
    ("run", "name"),
    [("mnist-vae", "config.json"), ("imdb-lm", "model.weights.h5"), ("celeba-vae", "model.weights.h5")],
)
def test_changed_file_is_refused_unless_it_is_asked_for(checkout: Checkout, run: str, name: str):
    path = checkout.root / f"data/models/{run}/{name}"
    content = path.read_bytes()
    path.unlink()
    # JSON with one more space, or HDF5 with one more byte at its end, has the same content.
    path.write_bytes(content + b" ")
    assert checkout.refusal(*COMMANDS[run]).startswith(f"data/models/{run}/{name} differs from dvc.lock ")
    assert result(checkout, *COMMANDS[run], "--unverified")


def test_lock_without_the_stage_is_one_line(checkout: Checkout):
    checkout.remove("dvc.lock")
    assert checkout.refusal(*COMMANDS["mnist-vae"]).startswith("dvc.lock has no train@mnist-vae")


@pytest.mark.parametrize("run", COMMANDS)
def test_pickle_under_the_name_of_weights_is_never_read(checkout: Checkout, run: str):
    path, canary = checkout.root / f"data/models/{run}/model.weights.h5", checkout.root / "out.canary"
    path.unlink()
    path.write_bytes(pickle.dumps(Canary(canary)))
    assert "differs from dvc.lock" in checkout.refusal(*COMMANDS[run])
    assert "HDF5" in checkout.refusal(*COMMANDS[run], "--unverified")
    # Not even if it was committed.
    checkout.dvc("commit", "-q", "-f", f"train@{run}")
    checkout.git("commit", "-qam", "hostile")
    command, _, *options = COMMANDS[run]
    assert "HDF5" in checkout.refusal(command, f"{run}@HEAD", *options)
    assert not canary.exists()


def test_help_teaches_versions(tmp_path: Path):
    for command in ("generate", "write", "edit"):
        page = Checkout(tmp_path).atelier(command, "--help").stdout
        assert "RUN@v1.2.0" in page
        assert "--unverified" in page
