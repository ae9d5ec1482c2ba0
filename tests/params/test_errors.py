"""Every error in `params.yaml` is one line: the path of the key, its value, and what is allowed."""

from pathlib import Path
from typing import Any

import pytest

from atelier.params import document, file
from atelier.params.strict import ParamsError

ROOT = Path(__file__).parents[2]
VAE = "runs.mnist-vae"
KINDS = ["celeba", "fashion_mnist", "imdb", "mnist"]
GAUGE = ["samples", "neighbours", "subsets", "subset_size", "seed", "tokens"]
FAMILIES = ["adopted", "gan", "transformer_lm", "vae"]


@pytest.fixture
def params() -> dict[str, Any]:
    return document.load((ROOT / "params.yaml").read_text(encoding="utf-8"), "params.yaml")


def set_value(params: dict[str, Any], path: str, value: object) -> None:
    *parents, last = path.split(".")
    for key in parents:
        params = params[key]
    params[last] = value


def remove(params: dict[str, Any], path: str) -> None:
    *parents, last = path.split(".")
    for key in parents:
        params = params[key]
    del params[last]


def error(params: dict[str, Any]) -> str:
    with pytest.raises(ParamsError) as caught:
        file.check(params)
    return str(caught.value)


def test_committed_parameters_are_valid() -> None:
    read = file.read(ROOT / "params.yaml")
    assert read.entry("runs", "mnist-vae").dataset == "mnist"
    assert read.entry("judges", "mnist").train.features >= 2
    assert read.entry("downloads", "mnist").source == "embedded"
    assert read.entry("datasets", "imdb").modality == "text"


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (f"{VAE}.train.epochs", 0, "got 0; allowed is a whole number at least 1"),
        (f"{VAE}.train.epochs", "8", "got '8'; allowed is a whole number at least 1"),
        (f"{VAE}.train.epochs", 8.5, "got 8.5; allowed is a whole number at least 1"),
        (f"{VAE}.train.epochs", True, "got True; allowed is a whole number at least 1"),
        (f"{VAE}.train.epochs", None, "got None; allowed is a whole number at least 1"),
        (f"{VAE}.train.learning_rate", 2.0, "got 2.0; allowed is a number above 0 and at most 1"),
        (f"{VAE}.train.learning_rate", float("nan"), "got nan; allowed is a number above 0 and at most 1"),
        (f"{VAE}.train.weight_decay", float("inf"), "got inf; allowed is a number at least 0"),
        (f"{VAE}.train.jit_compile", "no", "got 'no'; allowed is true or false"),
        (f"{VAE}.train.optimizer", "adagrad", "got 'adagrad'; allowed is one of: adam, adamw, muon, rmsprop, sgd"),
        (f"{VAE}.train.encoder_dense", 256, "got 256; allowed is a list, each a whole number at least 1"),
        (f"{VAE}.train", [1], "got [1]; allowed is a mapping of keys to values"),
        (VAE, "mnist", "got 'mnist'; allowed is a mapping of keys to values"),
        ("judges.mnist.train.filters", [], "got []; allowed is a list of 1 or more, each a whole number"),
        ("downloads.mnist.embedded.train", 99, "got 99; allowed is a whole number at least 100 and at most 60000"),
        ("datasets.mnist.prepare", 5, "got 5; allowed is a mapping of keys to values"),
        ("judges.mnist", 5, "got 5; allowed is a mapping of keys to values"),
        ("judges.imdb.gauge", 5, f"got 5; allowed is a mapping with the keys: {', '.join(GAUGE)}"),
        ("downloads.mnist.source", "web", "got 'web'; allowed is one of: embedded, upstream, mirror"),
    ],
)
def test_wrong_value_is_reported_with_what_is_allowed(
    params: dict[str, Any], path: str, value: object, line: str
) -> None:
    set_value(params, path, value)
    assert error(params) == f"{path}: {line}"


def test_wrong_item_of_a_list_is_reported_by_its_index(params: dict[str, Any]) -> None:
    set_value(params, f"{VAE}.train.encoder_dense", [256, -1])
    assert error(params) == f"{VAE}.train.encoder_dense.1: got -1; allowed is a whole number at least 1"


def test_unknown_key_is_reported_with_the_known_ones(params: dict[str, Any]) -> None:
    set_value(params, "datasets.mnist.prepare.sed", 1)
    assert error(params) == "datasets.mnist.prepare.sed: got 1; unknown key, known are: seed, validation"


def test_unknown_key_of_a_run_is_reported_with_the_known_ones(params: dict[str, Any]) -> None:
    set_value(params, f"{VAE}.training", {})
    assert error(params).startswith(f"{VAE}.training: got {{}}; unknown key, known are: dataset, family")


def test_missing_key_is_reported_with_what_is_allowed(params: dict[str, Any]) -> None:
    remove(params, f"{VAE}.train.epochs")
    assert error(params) == f"{VAE}.train.epochs: missing; allowed is a whole number at least 1"


@pytest.mark.parametrize(("path", "key"), [("judges", "params.yaml.judges"), (f"{VAE}.sample", f"{VAE}.sample")])
def test_missing_section_is_reported(params: dict[str, Any], path: str, key: str) -> None:
    remove(params, path)
    assert error(params) == f"{key}: missing"


def test_two_errors_of_one_section_are_two_lines(params: dict[str, Any]) -> None:
    set_value(params, f"{VAE}.train.epochs", 0)
    set_value(params, f"{VAE}.train.batch", 0)
    assert len(error(params).splitlines()) == 2


def test_date_is_a_wrong_type(params: dict[str, Any]) -> None:
    params["runs"]["mnist-vae"]["train"]["epochs"] = document.load("2024-01-01", "")
    assert error(params) == f"{VAE}.train.epochs: got '2024-01-01'; allowed is a whole number at least 1"


@pytest.mark.parametrize(
    ("path", "value", "known"),
    [
        (f"{VAE}.family", "diffusion", FAMILIES),
        (f"{VAE}.family", ["vae"], FAMILIES),
        (f"{VAE}.dataset", "emnist", ["mnist", "imdb"]),
        ("datasets.mnist.kind", "cifar", KINDS),
        ("datasets.mnist.kind", None, KINDS),
    ],
)
def test_unknown_name_is_reported_with_the_known_ones(
    params: dict[str, Any], path: str, value: object, known: list[str]
) -> None:
    set_value(params, path, value)
    message = error(params)
    assert message.startswith(f"{path}: got {value!r}; ")
    assert all(name in message for name in known)


def test_download_of_an_unknown_dataset_is_refused(params: dict[str, Any]) -> None:
    params["downloads"]["cifar"] = params["downloads"]["mnist"]
    message = error(params)
    assert message.startswith("downloads.cifar: got 'cifar'; ")
    assert all(kind in message for kind in KINDS)


def test_dataset_of_a_known_kind_needs_a_judge_but_no_download(params: dict[str, Any]) -> None:
    params["datasets"]["letters"] = params["datasets"]["mnist"]
    message = error(params)
    assert message.startswith("judges: got 'letters'; ")
    params["judges"]["letters"] = params["judges"]["mnist"]
    assert file.check(params).entry("datasets", "letters").kind == "mnist"


def test_dataset_without_a_judge_is_refused(params: dict[str, Any]) -> None:
    del params["judges"]["mnist"]
    assert error(params).startswith("judges: got 'mnist'; ")


def test_judge_without_a_dataset_is_refused(params: dict[str, Any]) -> None:
    params["judges"]["letters"] = params["judges"]["mnist"]
    assert error(params).startswith("judges.letters: got 'letters'; datasets are: mnist")


def test_family_of_another_modality_than_the_dataset_is_refused(params: dict[str, Any]) -> None:
    set_value(params, f"{VAE}.dataset", "imdb")
    message = error(params)
    assert message.startswith(f"{VAE}.family: got 'vae', ")
    assert "images" in message
    assert message.endswith("imdb holds text")


@pytest.mark.parametrize(("path", "key"), [(VAE, "dataset"), (VAE, "family"), ("datasets.mnist", "kind")])
def test_name_has_no_default(params: dict[str, Any], path: str, key: str) -> None:
    remove(params, f"{path}.{key}")
    assert error(params).startswith(f"{path}.{key}: missing")


@pytest.mark.parametrize("path", ["datasets.mnist", "judges.mnist", VAE])
def test_modality_is_not_a_parameter(params: dict[str, Any], path: str) -> None:
    set_value(params, f"{path}.modality", "images")
    assert error(params).startswith(f"{path}.modality: got 'images'; unknown key, ")


def test_evaluation_of_more_samples_than_are_drawn_is_refused(params: dict[str, Any]) -> None:
    drawn = params["runs"]["mnist-vae"]["sample"]["samples"]
    set_value(params, f"{VAE}.evaluate.samples", drawn + 1)
    message = error(params)
    assert message.startswith(f"{VAE}.evaluate.samples: got {drawn + 1}; ")
    assert message.endswith(f"{VAE}.sample.samples: {drawn}")


def test_edit_of_a_run_without_an_encoder_needs_an_inversion(params: dict[str, Any]) -> None:
    set_value(params, "edits.celeba-gan.inversion", None)
    message = error(params)
    assert message.startswith("edits.celeba-gan.inversion: got null; ")
    assert message.endswith("allowed is a mapping")


@pytest.mark.parametrize("key, wanted", [("dataset", "celeba"), ("family", "vae")])
def test_edit_repeats_dataset_and_family_of_its_run(params: dict[str, Any], key: str, wanted: str) -> None:
    set_value(params, f"edits.celeba-vae.{key}", "other")
    assert error(params) == f"edits.celeba-vae.{key}: got 'other'; allowed is that of runs.celeba-vae: {wanted!r}"


def test_edit_of_a_run_of_texts_is_refused(params: dict[str, Any]) -> None:
    edit = params["edits"]["celeba-vae"] | {"dataset": "imdb", "family": "transformer_lm"}
    params["edits"]["imdb-lm"] = edit
    assert error(params) == "edits.imdb-lm: runs.imdb-lm is a run of text; allowed are runs of images"


@pytest.mark.parametrize("name", ["../vae", "mnist.vae", "", "mnist vae"])
def test_run_name_that_is_not_a_file_name_is_refused(params: dict[str, Any], name: str) -> None:
    params["runs"][name] = params["runs"]["mnist-vae"]
    assert error(params) == f"runs: got the name {name!r}; allowed are letters, digits, '-' and '_'"


@pytest.mark.parametrize("raw", [None, [], "text"])
def test_file_that_is_not_a_mapping_is_refused(raw: object) -> None:
    assert error(raw) == f"params.yaml: got {raw!r}; allowed is a mapping of keys to values"  # type: ignore[arg-type]


def test_duplicate_key_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("runs:\n  a: 1\n  a: 2\n")
    with pytest.raises(ParamsError, match=r'found duplicate key "a" .*\(line 3\)'):
        file.read(path)


def test_broken_yaml_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("runs: [1,\n")
    with pytest.raises(ParamsError, match=r"^[^\n]*params.yaml: [^\n]*\(line \d\)$"):
        file.read(path)


def test_values_are_read_as_dvc_reads_them() -> None:
    assert document.load("a: 1e-3\nb: 010\nc: yes", "") == {"a": 0.001, "b": 10, "c": "yes"}


def test_unknown_run_is_reported_with_the_known_ones() -> None:
    with pytest.raises(ParamsError, match=r"'nosuch' .*runs.* mnist-vae"):
        file.read(ROOT / "params.yaml").entry("runs", "nosuch")


def test_parameters_cannot_be_changed_after_reading() -> None:
    train = file.read(ROOT / "params.yaml").entry("runs", "mnist-vae").train
    with pytest.raises(ValueError, match="frozen"):
        train.epochs = 1


ADOPTED = {
    "file": "generator.h5",
    "sha256": "a" * 64,
    "inputs": {"latent": "auto", "label": "auto", "order": "auto"},
    "output": {"range": "auto", "fit": "refuse"},
    "encoder": None,
    "custom": {},
}


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        ("sha256", "A" * 64, "allowed are the 64 lower-case hexadecimal digits that `sha256sum FILE` prints"),
        ("inputs", "auto", "allowed is a mapping with the keys: latent, label, order"),
        ("inputs.latent", "gauss", "allowed is one of: auto, normal, uniform, uniform_01"),
        ("encoder", 3, "allowed is a mapping with the keys: file, sha256, range or null"),
        (
            "encoder",
            {"file": "e.h5", "sha256": "b" * 64, "range": "logits"},
            "allowed is one of: auto, -1..1, 0..1, 0..255",
        ),
        ("custom", ["Sampling"], "allowed is a mapping of names to text"),
        ("custom", {"Sampling": 3}, "allowed is text"),
    ],
)
def test_nested_sections_of_an_adopted_run_have_one_line_too(
    params: dict[str, Any], path: str, value: object, line: str
) -> None:
    run = params["runs"]["mnist-vae"]
    run["family"], run["train"] = "adopted", {**ADOPTED, "inputs": dict(ADOPTED["inputs"])}
    run["sample"] = {
        "samples": 1000,
        "shown": 9,
        "interpolations": 1,
        "steps": 3,
        "reconstructions": 1,
        "batch": 9,
        "seed": 1,
    }
    del run["evaluate"]["importance_samples"], run["evaluate"]["classifier_epochs"]
    file.check(params)
    set_value(params, f"{VAE}.train.{path}", value)
    assert line in error(params)
    assert error(params).startswith(f"{VAE}.train.{path}")
