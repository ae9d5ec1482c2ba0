"""`atelier export` writes files that other programs load without this package, and a model card that says how."""

import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tokenizers
import yaml
from checkout import ROOT, Checkout
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from atelier.core import files
from atelier.core.spec import Spec
from atelier.core.text import SPECIAL
from atelier.modalities.images import generate
from atelier.networks import network as networks
from atelier.params import file

# The stages of dvc.yaml that the command reads, by the same names and paths.
PIPELINE = """
stages:
  prepare:
    foreach: {imdb: {}}
    do: {cmd: "true", outs: ["data/prepared/${key}"]}
  judge:
    foreach: {mnist: {}}
    do: {cmd: "true", outs: ["data/judges/${key}"]}
  train:
    foreach: {mnist-vae: {}, celeba-gan: {}, fashion_mnist-cgan: {}, imdb-lm: {}}
    do:
      cmd: "true"
      params: ["runs.${key}.train"]
      outs: ["data/models/${key}/config.json", "data/models/${key}/model.weights.h5"]
  evaluate:
    foreach: {mnist-vae: {}}
    do: {cmd: "true", deps: ["data/models/${key}/model.weights.h5"], outs: ["data/evaluations/${key}"]}
  summarize: {cmd: "true", deps: [data/evaluations], metrics: [{metrics.json: {cache: false}}]}
"""
TERMS = "For research only: the pictures show real people."
WORDS = [*SPECIAL, "this", "film", "was", "good", "bad"]
SPECS = {
    "mnist-vae": Spec("mnist", (8, 8, 1), (0, 255), ("one", "two"), (), {"train": 90}, {}, "embedded"),
    "celeba-gan": Spec("celeba", (8, 8, 3), (0, 255), (), ("Smiling",), {}, {}, "upstream", license=TERMS),
    "fashion_mnist-cgan": Spec("fashion_mnist", (8, 8, 1), (0, 255), ("top", "bag", "boot"), (), {}, {}, "embedded"),
}
SMALL: dict[str, dict[str, Any]] = {
    "mnist-vae": {"latent_dim": 3, "encoder_filters": (4,), "decoder_filters": (4,)},
    "celeba-gan": {"latent_dim": 5, "generator_base": 4, "generator_filters": (4,), "discriminator_filters": (4,)},
    "imdb-lm": {"context": 16, "width": 8, "depth": 1, "heads": 2, "hidden": 8},
}
SMALL["fashion_mnist-cgan"] = SMALL["celeba-gan"] | {"condition": "class"}
SMALL["mnist-vae"] |= {"encoder_dense": (), "decoder_dense": ()}
WITH_ONNX = pytest.mark.skipif(
    any(find_spec(name) is None for name in ("onnx", "onnxruntime", "tf2onnx")), reason="the extra `onnx` is missing"
)
# Run the code of each model card in its directory, where this package cannot be imported, and keep what it computed.
FOREIGN = """
import os, re, sys
import numpy as np
sys.modules["atelier"] = None
for directory in sys.argv[1:]:
    os.chdir(directory)
    values = {}
    with open("README.md", encoding="utf-8") as card:
        exec(re.search("```python\\n(.*?)```", card.read(), re.DOTALL)[1], values)
    names = ("z", "condition", "images", "z_mean", "logits")
    kept = {name: np.asarray(values[name]) for name in names if name in values}
    np.savez("values.npz", **kept)
    print(sorted({"keras", "tensorflow"} & sys.modules.keys()), values.get("most_probable"))
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout with three small runs, one of them evaluated; the weights of the last commit are others."""
    checkout = Checkout(tmp_path_factory.mktemp("exports") / "checkout").init()
    checkout.write("dvc.yaml", PIPELINE)
    checkout.write(".gitignore", "/data/\n/.checkpoints/\n/out*\n")
    checkout.write("params.yaml", (ROOT / "params.yaml").read_text(encoding="utf-8"))
    scores = {"fd": 7.25, "fd_floor": 0.5, "fd_ceiling": 88.0, "precision": 0.75, "samples": 40}
    files.write_json(checkout.root / "metrics.json", {"mnist-vae": scores})
    files.write_json(checkout.root / "data/evaluations/mnist-vae/metrics.json", scores)
    gauge = {"floor": {"precision": 0.9375}, "blur": {"precision": 0.125}}
    files.write_json(checkout.root / "data/judges/mnist/judge.json", {"samples": 40, "gauge": gauge})
    tokenizer = tokenizers.Tokenizer(WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token=SPECIAL[1]))
    tokenizer.pre_tokenizer = Whitespace()
    (checkout.root / "data/prepared/imdb").mkdir(parents=True)
    tokenizer.save(str(checkout.root / "data/prepared/imdb/tokenizer.json"))
    for seed in (1, 2):
        train(checkout.root, seed)
        checkout.dvc("commit", "-q", "-f")
        checkout.commit(f"trained {seed}")
    checkout.git("tag", "-am", "first", "mnist-vae@v1.0.0", "HEAD~1")
    return checkout


def train(root: Path, seed: int) -> None:
    digest = files.sha256(root / "data/prepared/imdb/tokenizer.json")
    text = Spec("imdb", (), (), ("a", "b"), (), {}, {"tokenizer.json": digest}, "own", vocabulary=len(WORDS))
    params = file.read(root / "params.yaml")
    for run, sizes in SMALL.items():
        of = params.entry("runs", run)
        section = of.train.model_copy(update=sizes)
        built = networks.build(of.family, section, SPECS.get(run, text), seed=seed, precision="float32")
        networks.save(built, root / f"data/models/{run}")


def export(checkout: Checkout, run: str, form: str) -> Path:
    """Export a run, once."""
    out = checkout.root / f"out-{run}-{form}"
    if not out.exists():
        checkout.atelier("export", run, "--format", form, "-o", out.name)
    return out


def loaded_elsewhere(*directories: Path) -> tuple[list[str], list[dict[str, np.ndarray]]]:
    """Return what the code of model cards prints and computes, in one fresh process without this package."""
    command = [sys.executable, "-c", FOREIGN, *map(str, directories)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    printed = [line for line in done.stdout.splitlines() if line.startswith("[")]
    return printed, [dict(np.load(directory / "values.npz")) for directory in directories]


def assert_same_pixels(came: np.ndarray, expected: np.ndarray) -> None:
    assert came.dtype == np.uint8
    assert came.shape == expected.shape
    assert np.abs(came.astype(int) - expected).max() <= 1


@pytest.fixture(scope="module")
def elsewhere(checkout: Checkout) -> dict[tuple[str, str], dict[str, Any]]:
    """What the model cards of both formats that need TensorFlow compute, by format and run, in one process."""
    cases = [("keras", run) for run in SPECS] + [("saved_model", run) for run in SMALL]
    printed, values = loaded_elsewhere(*(export(checkout, run, form) for form, run in cases))
    return {case: computed | {"printed": line} for case, line, computed in zip(cases, printed, values, strict=True)}


def test_keras_files_load_elsewhere_and_draw_the_same_pictures(checkout: Checkout, elsewhere):
    vae, gan, told = (export(checkout, run, "keras") for run in SPECS)
    # The last file is what the model card computed.
    assert sorted(path.name for path in vae.iterdir()) == ["README.md", "decoder.keras", "encoder.keras", "values.npz"]
    for directory in (gan, told):
        assert sorted(path.name for path in directory.iterdir()) == ["README.md", "decoder.keras", "values.npz"]
    for run in SPECS:
        drawn = elsewhere["keras", run]
        network = networks.load(checkout.root / f"data/models/{run}")
        assert_same_pixels(drawn["images"], generate.from_seeds(network, range(16), 16, drawn.get("condition")))
        assert len({picture.tobytes() for picture in drawn["images"]}) > 1
        if run == "mnist-vae":
            expected = network.model.encoder.predict(drawn["images"], verbose=0)[0]
            np.testing.assert_allclose(drawn["z_mean"], expected, rtol=1e-3, atol=1e-3)


def test_saved_models_load_elsewhere_with_their_signatures(checkout: Checkout, elsewhere):
    for run in SPECS:
        drawn = elsewhere["saved_model", run]
        network = networks.load(checkout.root / f"data/models/{run}")
        expected = generate.decode(network, drawn["z"], len(drawn["z"]), drawn.get("condition"))
        assert_same_pixels(drawn["images"], expected)
    network, text = networks.load(checkout.root / "data/models/imdb-lm"), elsewhere["saved_model", "imdb-lm"]
    expected = np.asarray(network.model(np.array([[2, WORDS.index("this")]], np.int32)))[:, -1]
    np.testing.assert_allclose(text["logits"], expected, rtol=1e-3, atol=1e-4)
    assert text["printed"].endswith(WORDS[int(expected.argmax())])


def test_generated_picture_of_a_saved_model_depends_on_its_seed_only(checkout: Checkout):
    import tensorflow as tf

    generated = tf.saved_model.load(str(export(checkout, "mnist-vae", "saved_model"))).signatures["generate"]
    many = np.asarray(generated(seeds=tf.range(8, dtype=tf.int64))["images"])
    one = np.asarray(generated(seeds=tf.constant([5], tf.int64))["images"])
    assert_same_pixels(one[0], many[5])
    assert len({picture.tobytes() for picture in many}) > 1


@WITH_ONNX
def test_onnx_files_load_elsewhere_without_keras(checkout: Checkout):
    printed, values = loaded_elsewhere(*(export(checkout, run, "onnx") for run in SPECS))
    assert printed == ["[] None"] * 3
    for run, drawn in zip(SPECS, values, strict=True):
        network = networks.load(checkout.root / f"data/models/{run}")
        assert_same_pixels(drawn["images"], generate.from_seeds(network, range(16), 16, drawn.get("condition")))


def test_version_is_exported_as_its_commit_had_it(checkout: Checkout):
    checkout.atelier("export", "mnist-vae@v1.0.0", "-o", "out-v1")
    text = checkout.read("out-v1/README.md")
    assert text.startswith("# mnist-vae@v1.0.0\n")
    assert checkout.git("rev-parse", "HEAD~1") in text
    assert row(text, "FD")[1] == "7.250"
    outs = (checkout.root / "out-v1", export(checkout, "mnist-vae", "keras"))
    first, second = (keras.saving.load_model(out / "decoder.keras") for out in outs)
    z = np.ones((1, 3), np.float32)
    assert (np.asarray(first(z)) != np.asarray(second(z))).any()


def test_card_says_if_the_judge_of_a_version_cannot_be_fetched(checkout: Checkout, tmp_path: Path):
    changed = checkout.copy(tmp_path / "checkout")
    (judge,) = (path for path in (changed.root / ".dvc/cache").rglob("*") if path.is_file() and is_judge(path))
    judge.unlink()
    # An earlier call may have fetched it.
    shutil.rmtree(changed.root / ".checkpoints", ignore_errors=True)
    changed.atelier("export", "mnist-vae@v1.0.0", "-o", "out-unjudged")
    text = changed.read("out-unjudged/README.md")
    assert row(text, "FD")[1:5] == ["7.250", "lower", "0.500", "ceiling 88"]
    assert (
        "What it scores real and damaged data is missing here: mnist-vae@v1.0.0: judge.json is not in DVC's cache"
        in text
    )


def is_judge(path: Path) -> bool:
    return b'"gauge"' in path.read_bytes()


def card(checkout: Checkout, run: str) -> str:
    return (export(checkout, run, "keras") / "README.md").read_text(encoding="utf-8")


def row(text: str, first: str) -> list[str]:
    """The cells of the row of a table that begins with `first`."""
    (line,) = re.findall(rf"^\| {re.escape(first)} \|.*$", text, re.MULTILINE)
    return [cell.strip() for cell in line.split(" | ")]


def test_card_shows_scores_beside_floor_and_ceiling(checkout: Checkout):
    text = card(checkout, "mnist-vae")
    assert row(text, "FD")[1:5] == ["7.250", "lower", "0.500", "ceiling 88"]
    assert row(text, "Precision")[1:5] == ["0.750", "higher", "0.938", "blur 0.125"]


def test_card_names_commit_data_and_parameters(checkout: Checkout):
    text = card(checkout, "mnist-vae")
    assert checkout.git("rev-parse", "HEAD") in text
    assert "drawn here, not the real files" in text
    assert row(text, "`latent_dim`")[1] == "3 |"
    epochs = yaml.safe_load(checkout.read("params.yaml"))["runs"]["mnist-vae"]["train"]["epochs"]
    assert row(text, "`epochs`")[1] == f"{epochs} |"


def test_card_says_what_a_condition_is(checkout: Checkout):
    text = card(checkout, "fashion_mnist-cgan")
    assert row(text, "`decoder.keras`")[1] == "`z`, float32 `(n, 5)` and `condition`, float32 `(n, 3)`"
    assert "1 for its class" in text
    assert "`condition` is what" not in card(checkout, "celeba-gan")


def test_card_repeats_the_terms_of_the_data(checkout: Checkout):
    text = card(checkout, "celeba-gan")
    assert f"Licence and terms: {TERMS} These terms hold for the network and for what it draws too." in text
    assert text.count(TERMS) == 2


def test_card_of_a_run_that_was_not_evaluated_has_no_scores(checkout: Checkout):
    assert "## Scores\n\nNone: dvc.lock has no evaluation of these weights.\n" in card(checkout, "celeba-gan")


def test_card_of_unverified_weights_claims_neither_commit_nor_scores_nor_training(checkout: Checkout, tmp_path: Path):
    changed = checkout.copy(tmp_path / "checkout")
    path = changed.root / "data/models/mnist-vae/model.weights.h5"
    content = path.read_bytes()
    path.unlink()
    # One more byte at its end leaves the content of an HDF5 file as it is.
    path.write_bytes(content + b" ")
    assert "differs from dvc.lock" in changed.refusal("export", "mnist-vae", "-o", "out-refused")
    changed.atelier("export", "mnist-vae", "--unverified", "-o", "out-unverified")
    text = changed.read("out-unverified/README.md")
    assert "Commit: none" in text
    assert "None: dvc.lock has no evaluation of these weights" in text
    assert "The parameters of the training are not recorded" in text


def test_scores_of_other_metrics_are_not_claimed(checkout: Checkout, tmp_path: Path):
    changed = checkout.copy(tmp_path / "checkout")
    changed.replace("metrics.json", "7.25", "1.25")
    changed.atelier("export", "mnist-vae", "-o", "out-changed")
    assert "None: metrics.json is not as dvc.lock records it." in changed.read("out-changed/README.md")


@pytest.mark.parametrize("form", ["keras", "onnx"])
def test_format_that_cannot_hold_a_language_model_is_one_line(checkout: Checkout, form: str):
    line = checkout.refusal("export", "imdb-lm", "--format", form, "-o", "out-refused")
    assert line.startswith(f"--format {form}: imdb-lm is a run of text")
    assert line.endswith("allowed for text: saved_model")
    assert not (checkout.root / "out-refused").exists()


def test_changed_tokenizer_is_one_line_and_leaves_nothing(checkout: Checkout, tmp_path: Path):
    changed = checkout.copy(tmp_path / "checkout")
    path = changed.root / "data/prepared/imdb/tokenizer.json"
    content = path.read_text(encoding="utf-8")
    path.unlink()
    path.write_text(content.replace("film", "play"), encoding="utf-8")
    line = changed.refusal("export", "imdb-lm", "--format", "saved_model", "-o", "out-refused")
    assert "is not the tokenizer that imdb-lm was trained with" in line
    assert [path.name for path in changed.root.iterdir() if "out-refused" in path.name] == []


@pytest.mark.parametrize("package", ["onnx", "onnxruntime", "tf2onnx"])
def test_missing_package_is_one_line_with_its_extra(checkout: Checkout, monkeypatch, package: str):
    monkeypatch.setitem(sys.modules, package, None)
    line = checkout.refusal("export", "mnist-vae", "--format", "onnx", "-o", "out-refused")
    assert line.startswith("--format onnx needs ")
    assert package in line
    assert "uv pip install --editable '.[onnx]'" in line


@pytest.mark.parametrize("form", ["saved_model", "onnx"])
def test_backend_that_cannot_write_a_format_is_one_line(checkout: Checkout, monkeypatch, form: str):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    line = checkout.refusal("export", "mnist-vae", "--format", form, "-o", "out-refused")
    assert line.startswith(f"--format {form} needs KERAS_BACKEND=tensorflow, got jax")


@pytest.mark.parametrize(
    "name, line",
    [
        ("out.keras", "out.keras: an export is a folder with its model card; give a name without .keras"),
        ("data", "data exists already; choose another folder, or remove it"),
        ("params.yaml", "params.yaml exists already"),
        ("nowhere/out", "nowhere/out: the folder "),
    ],
)
def test_place_that_cannot_be_written_is_one_line(checkout: Checkout, name: str, line: str):
    assert checkout.refusal("export", "mnist-vae", "-o", name).startswith(line)


def test_empty_folder_is_filled(checkout: Checkout):
    (checkout.root / "out-empty").mkdir()
    checkout.atelier("export", "mnist-vae", "-o", "out-empty")
    assert (checkout.root / "out-empty/decoder.keras").is_file()


def test_run_that_is_not_trained_is_one_line(checkout: Checkout):
    assert checkout.refusal("export", "celeba-vae", "-o", "out-refused").startswith("celeba-vae is not trained here")
