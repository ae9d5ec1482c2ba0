"""`RUN@v1.0.0` uses the network of another commit with all that belongs to it; what was tampered with is refused."""

import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tokenizers
import yaml
from click.testing import CliRunner
from PIL import Image
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from atelier.cli.main import main
from atelier.core.spec import Spec
from atelier.core.text import SPECIAL
from atelier.editing.vectors import KINDS, Concepts
from atelier.networks import network as networks
from atelier.params import file

ROOT = Path(__file__).parents[2]
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


def call(root: Path, *command: str) -> str:
    identity = {f"GIT_{role}_{what}": "a@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = os.environ | identity | {"DVC_NO_ANALYTICS": "1", "HOME": str(root.parent)}
    words = [sys.executable, "-m", *command] if command[0] == "dvc" else list(command)
    done = subprocess.run(words, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def train(root: Path, number: int) -> None:
    """Networks, tokenizer and vectors that differ by `number`."""
    params = file.read(root / "params.yaml")
    shapes = {"mnist-vae": (8, 8, 1), "celeba-vae": (8, 8, 3), "imdb-lm": ()}
    for run, sizes in SMALL.items():
        of = params.run(run)
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


def made(*words: str) -> bytes:
    """What a command says and writes."""
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    out = Path("out.npz") if Path("out.npz").exists() else Path("out.png")
    if not out.exists():
        return result.stdout.encode()
    content = np.load(out)["images"].tobytes() if out.suffix == ".npz" else out.read_bytes()
    out.unlink()
    return content


def refusal(*words: str) -> str:
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 1, result.output
    (line,) = result.output.splitlines()
    return line.removeprefix("Error: ")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with two versions of each run; the working tree is as the second."""
    root = tmp_path_factory.mktemp("versions") / "checkout"
    root.mkdir()
    call(root, "git", "init", "-qb", "main")
    call(root, "dvc", "init", "-q")
    (root / "dvc.yaml").write_text(PIPELINE, encoding="utf-8")
    (root / ".gitignore").write_text("/data/\n/.checkpoints/\n/out*\n/face.png\n", encoding="utf-8")
    for number, crop in ((1, 178), (2, 60)):
        params = PARAMS | {"datasets": {**PARAMS["datasets"]}}
        faces = params["datasets"]["celeba"]
        params["datasets"]["celeba"] = faces | {"prepare": faces["prepare"] | {"crop": crop}}
        (root / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
        metrics = {"mnist-vae": {"fd": number + 0.25, "kid": 0.5}, "imdb-lm": {"perplexity": 12.5}}
        (root / "metrics.json").write_text(yaml.safe_dump(metrics, default_flow_style=True), encoding="utf-8")
        train(root, number)
        call(root, "dvc", "commit", "-q", "-f")
        call(root, "git", "add", "-A")
        call(root, "git", "commit", "-qm", f"trained {number}")
    draw = np.random.default_rng(0).integers(0, 256, (218, 178, 3), np.uint8)
    Image.fromarray(draw).save(root / "face.png")
    return root


@pytest.fixture
def root(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(template, tmp_path / "checkout", symlinks=True)
    monkeypatch.chdir(tmp_path / "checkout")
    monkeypatch.setenv("HOME", str(tmp_path))
    for run in SMALL:
        call(Path.cwd(), "git", "tag", "-am", "first", f"{run}@v1.0.0", "HEAD~1")
    call(Path.cwd(), "git", "tag", "-am", "in production", "mnist-vae#prod#1", "HEAD~1")
    return Path.cwd()


@pytest.mark.parametrize("run", COMMANDS)
def test_version_does_what_its_commit_did(root: Path, run: str):
    command, _, *options = COMMANDS[run]
    call(root, "git", "switch", "-q", "--detach", "HEAD~1")
    call(root, "dvc", "checkout", "-q")
    before = made(command, run, *options)
    call(root, "git", "switch", "-q", "main")
    call(root, "dvc", "checkout", "-q")
    assert made(command, run, *options) != before
    assert made(command, f"{run}@v1.0.0", *options) == before
    # Nor is the run itself, its data or its configuration asked about.
    shutil.rmtree(root / "data")
    params = yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))
    params |= {"runs": {}, "edits": {}}
    (root / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    assert made(command, f"{run}@v1.0.0", *options) == before


def test_stage_and_commit_name_a_version_too(root: Path):
    command, run, *options = COMMANDS["mnist-vae"]
    version = made(command, f"{run}@v1.0.0", *options)
    assert made(command, f"{run}@prod", *options) == version
    assert made(command, f"{run}@HEAD~1", *options) == version
    assert made(command, f"{run}@main", *options) == made(command, run, *options) != version


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("generate", "imdb-lm@v1.0.0", "-o", "out.png"), "imdb-lm@v1.0.0 is of text, not of images; `atelier write "),
        (("write", "mnist-vae@prod"), "mnist-vae@prod is of images, not of text; `atelier generate mnist-vae@prod` "),
        (
            ("generate", "mnist-vae@v9.0.0", "-o", "out.png"),
            "mnist-vae@v9.0.0: no version, no stage and no commit is called 'v9.0.0'; versions of mnist-vae are: v1",
        ),
        (("generate", "mnist-gan@main", "-o", "out.png"), "mnist-gan@main: train@mnist-gan has no results at "),
        (
            ("edit", "mnist-vae@prod", "face.png", "--concept", "Smiling", "-o", "out.png"),
            "mnist-vae@prod: edit@mnist-vae has no results at ",
        ),
        (("generate", "mnist-vae@prod", "--unverified", "-o", "out.png"), "--unverified is for the working tree; "),
    ],
)
def test_version_that_cannot_be_used_is_one_line(root: Path, words: tuple[str, ...], line: str):
    assert refusal(*words).startswith(line)


@pytest.mark.parametrize("run", COMMANDS)
@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_changed_file_is_refused_unless_it_is_asked_for(root: Path, run: str, name: str):
    path = root / f"data/models/{run}/{name}"
    content = path.read_bytes()
    path.unlink()
    # A space more says the same; so does a byte behind the end of an HDF5 file.
    path.write_bytes(content + b" ")
    assert refusal(*COMMANDS[run]).startswith(f"data/models/{run}/{name} is not what dvc.lock names (changed by hand, ")
    assert made(*COMMANDS[run], "--unverified")


def test_lock_without_the_stage_is_one_line(root: Path):
    (root / "dvc.lock").unlink()
    assert refusal(*COMMANDS["mnist-vae"]).startswith("dvc.lock names no train@mnist-vae, so nothing says what ")


@pytest.mark.parametrize("run", COMMANDS)
def test_pickle_under_the_name_of_weights_is_never_read(root: Path, run: str):
    path, canary = root / f"data/models/{run}/model.weights.h5", root / "out.canary"
    path.unlink()
    path.write_bytes(pickle.dumps(Canary(canary)))
    assert "is not what dvc.lock names" in refusal(*COMMANDS[run])
    assert "is no whole HDF5 file of weights" in refusal(*COMMANDS[run], "--unverified")
    # Not even where somebody committed it.
    call(root, "dvc", "commit", "-q", "-f", f"train@{run}")
    call(root, "git", "commit", "-qam", "hostile")
    command, _, *options = COMMANDS[run]
    assert "is no whole HDF5 file of weights" in refusal(command, f"{run}@HEAD", *options)
    assert not canary.exists()


def test_help_teaches_versions():
    for command in ("generate", "write", "edit"):
        page = CliRunner().invoke(main, [command, "--help"]).output
        assert "RUN@v1.2.0" in page
        assert "--unverified" in page
