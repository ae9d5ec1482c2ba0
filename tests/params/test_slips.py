"""Every slip in `params.yaml` is one line: its key path, what came, what is allowed."""

from pathlib import Path
from typing import Any

import pytest

from atelier.core.params import document, file
from atelier.core.params.strict import ParamsError

ROOT = Path(__file__).parents[3]
VAE = "runs.mnist-vae"


@pytest.fixture
def params() -> dict[str, Any]:
    return document.load((ROOT / "params.yaml").read_text(encoding="utf-8"), "params.yaml")


def put(params: dict[str, Any], path: str, value: object) -> None:
    *parents, last = path.split(".")
    for key in parents:
        params = params[key]
    params[last] = value


def drop(params: dict[str, Any], path: str) -> None:
    *parents, last = path.split(".")
    for key in parents:
        params = params[key]
    del params[last]


def slip(params: dict[str, Any]) -> str:
    with pytest.raises(ParamsError) as caught:
        file.check(params)
    return str(caught.value)


def test_committed_parameters_are_valid() -> None:
    read = file.read(ROOT / "params.yaml")
    assert read.run("mnist-vae").dataset == "mnist"
    assert read.judge("mnist").train.features >= 2
    assert read.dataset("mnist").source == "embedded"


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
        ("datasets.mnist.embedded.train", 99, "got 99; allowed is a whole number at least 100 and at most 60000"),
        ("datasets.mnist.prepare", 5, "got 5; allowed is a mapping with the keys: validation, seed"),
        ("datasets.mnist.source", "web", "got 'web'; allowed is one of: embedded, upstream, mirror"),
    ],
)
def test_wrong_value_is_named_with_what_is_allowed(params: dict[str, Any], path: str, value: object, line: str) -> None:
    put(params, path, value)
    assert slip(params) == f"{path}: {line}"


def test_wrong_item_of_a_list_is_named_by_its_index(params: dict[str, Any]) -> None:
    put(params, f"{VAE}.train.encoder_dense", [256, -1])
    assert slip(params) == f"{VAE}.train.encoder_dense.1: got -1; allowed is a whole number at least 1"


def test_unknown_key_is_answered_with_the_known_ones(params: dict[str, Any]) -> None:
    put(params, "datasets.mnist.prepare.sed", 1)
    assert slip(params) == "datasets.mnist.prepare.sed: got 1; no such key here, known are: seed, validation"


def test_unknown_key_of_a_run_is_answered_with_the_known_ones(params: dict[str, Any]) -> None:
    put(params, f"{VAE}.training", {})
    assert slip(params).startswith(f"{VAE}.training: got {{}}; no such key here, known are: dataset, modality, family")


def test_missing_key_says_what_it_takes(params: dict[str, Any]) -> None:
    drop(params, f"{VAE}.train.epochs")
    assert slip(params) == f"{VAE}.train.epochs: missing; allowed is a whole number at least 1"


@pytest.mark.parametrize("path", ["judges", f"{VAE}.sample"])
def test_missing_section_is_named(params: dict[str, Any], path: str) -> None:
    drop(params, path)
    assert slip(params) in (f"{path}: missing", f"params.yaml.{path}: missing")


def test_two_slips_of_one_section_are_two_lines(params: dict[str, Any]) -> None:
    put(params, f"{VAE}.train.epochs", 0)
    put(params, f"{VAE}.train.batch", 0)
    assert len(slip(params).splitlines()) == 2


def test_date_is_a_wrong_type_like_any_other(params: dict[str, Any]) -> None:
    params["runs"]["mnist-vae"]["train"]["epochs"] = document.load("2024-01-01", "")
    assert slip(params) == f"{VAE}.train.epochs: got '2024-01-01'; allowed is a whole number at least 1"


def test_unknown_family_is_answered_with_the_known_ones(params: dict[str, Any]) -> None:
    put(params, f"{VAE}.family", "diffusion")
    assert slip(params).startswith(f"{VAE}.family: got 'diffusion'; known are: ")
    assert "vae" in slip(params)


def test_family_that_is_no_name_is_refused(params: dict[str, Any]) -> None:
    put(params, f"{VAE}.family", ["vae"])
    assert slip(params).startswith(f"{VAE}.family: got ['vae']; known are: ")


def test_unknown_dataset_is_answered_with_the_known_ones(params: dict[str, Any]) -> None:
    params["datasets"]["cifar"] = {}
    assert slip(params).startswith("datasets.cifar: got 'cifar'; known are: ")


def test_run_on_a_dataset_that_is_not_there_is_refused(params: dict[str, Any]) -> None:
    put(params, f"{VAE}.dataset", "emnist")
    assert slip(params).startswith(f"{VAE}.dataset: got 'emnist'; datasets are: mnist")


def test_run_on_a_dataset_without_a_judge_is_refused(params: dict[str, Any]) -> None:
    del params["judges"]["mnist"]
    assert slip(params).startswith(f"{VAE}.dataset: got 'mnist'; judges are: ")


def test_run_of_another_modality_than_its_family_is_refused(params: dict[str, Any]) -> None:
    put(params, f"{VAE}.modality", "text")
    assert slip(params) == f"{VAE}.modality: got 'text'; the family vae makes 'images'"


def test_run_of_another_modality_than_its_dataset_is_refused(params: dict[str, Any]) -> None:
    put(params, f"{VAE}.dataset", "imdb")
    assert slip(params) == f"{VAE}.modality: got 'images'; allowed is what datasets.imdb.modality says: 'text'"


def test_dataset_has_the_modality_of_its_format(params: dict[str, Any]) -> None:
    put(params, "datasets.mnist.modality", "text")
    assert slip(params) == "datasets.mnist.modality: got 'text'; allowed is images"


def test_judge_of_an_unknown_modality_is_answered_with_the_known_ones(params: dict[str, Any]) -> None:
    put(params, "judges.mnist.modality", "sound")
    assert slip(params).startswith("judges.mnist.modality: got 'sound'; known are: images")


@pytest.mark.parametrize("path", ["datasets.mnist", "judges.mnist", VAE])
def test_modality_has_no_default(params: dict[str, Any], path: str) -> None:
    drop(params, f"{path}.modality")
    assert slip(params).startswith(f"{path}.modality: missing")


def test_more_samples_judged_than_drawn_is_refused(params: dict[str, Any]) -> None:
    drawn = params["runs"]["mnist-vae"]["sample"]["samples"]
    put(params, f"{VAE}.evaluate.samples", drawn + 1)
    assert slip(params).startswith(f"{VAE}.evaluate.samples: got {drawn + 1}; at most the {drawn}")


@pytest.mark.parametrize("name", ["../vae", "mnist.vae", "", "mnist vae"])
def test_run_name_that_is_no_file_name_is_refused(params: dict[str, Any], name: str) -> None:
    params["runs"][name] = params["runs"]["mnist-vae"]
    assert slip(params) == f"runs: got the name {name!r}; allowed are letters, digits, '-' and '_'"


@pytest.mark.parametrize("raw", [None, [], "text"])
def test_file_that_is_no_mapping_is_refused(raw: object) -> None:
    assert slip(raw) == f"params.yaml: got {raw!r}; allowed is a mapping of keys to values"  # type: ignore[arg-type]


def test_key_that_stands_twice_is_refused_with_its_line(tmp_path: Path) -> None:
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


def test_asking_for_a_run_that_is_not_there_lists_those_that_are() -> None:
    with pytest.raises(ParamsError, match=r"no 'nosuch' in runs of params.yaml; there are: .*mnist-vae"):
        file.read(ROOT / "params.yaml").run("nosuch")


def test_parameters_cannot_be_changed_after_reading() -> None:
    train = file.read(ROOT / "params.yaml").run("mnist-vae").train
    with pytest.raises(ValueError, match="frozen"):
        train.epochs = 1
