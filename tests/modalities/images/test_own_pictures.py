"""Pictures of a person's own, without labels: a judge of rotations, a run, its evaluation and the report."""

import copy
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import own_runs
import pytest
import yaml
from checkout import ROOT, Checkout
from own_pictures import drawn

from atelier.core import files
from atelier.core.prepared import Prepared
from atelier.datasets.formats.pictures.prepare import prepare_pictures
from atelier.editing import edit
from atelier.modalities.images import judge as judging
from atelier.modalities.images import rotations
from atelier.modalities.judge import Judge
from atelier.params import file
from atelier.params.file import Params

PREPARE = {
    "size": 16, "fit": "crop", "colour": "rgb", "classes": "none", "max_bad": 0, "validation": 0.3, "test": 0.35,
    "seed": 1,
}  # fmt: skip


def parameters(small: dict[str, Any], classes: str, labels: str, missing: int | None) -> dict[str, Any]:
    judge, run = copy.deepcopy(small["judges"]["mnist"]), copy.deepcopy(small["runs"]["mnist-vae"])
    judge["labels"] = labels
    judge["gauge"] |= {"samples": 100, "missing_class": missing}
    run["dataset"] = "flowers"
    run["train"] |= {"affine": 0.0, "elastic": 0.0, "epochs": 1}
    run["evaluate"] |= {"samples": 100}
    datasets = {"flowers": {"kind": "image_folder", "prepare": PREPARE | {"classes": classes}}}
    return {
        "downloads": {}, "datasets": datasets, "judges": {"flowers": judge}, "runs": {"flowers-vae": run}, "edits": {},
    }  # fmt: skip


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    raw = tmp_path_factory.mktemp("raw")
    for index in range(450):
        path = raw / ("rose", "tulip")[index % 2] / f"{index}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(drawn(index))
    return raw


def added(place: Path, raw: Path) -> Params:
    """Return what `atelier add` writes for the pictures, with small networks that are trained for one epoch."""
    checkout = Checkout(place)
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, place)
    shutil.copytree(ROOT / "profiles", place / "profiles")
    shutil.copytree(raw, place / "data/raw/flowers")
    checkout.atelier("add", "flowers", "data/raw/flowers", "--family", "vae", "--classes", "none")
    params = yaml.safe_load(checkout.read("params.yaml"))
    own = {"datasets": "flowers", "judges": "flowers", "runs": "flowers-vae"}
    params = {"downloads": {}, "edits": {}} | {section: {name: params[section][name]} for section, name in own.items()}
    params["datasets"]["flowers"]["prepare"] |= PREPARE
    judge, run = params["judges"]["flowers"], params["runs"]["flowers-vae"]
    judge["train"] |= {"filters": [4, 8], "features": 8, "epochs": 1}
    judge["gauge"] |= {"samples": 100, "subsets": 3}
    run["train"] |= {"encoder_filters": [4, 8], "decoder_filters": [8, 4], "latent_dim": 4, "epochs": 1}
    run["sample"] |= {"samples": 100, "mixture_components": 2, "manifold": 3, "reconstructions": 4}
    run["sample"] |= {"interpolations": 2, "steps": 3}
    run["evaluate"] |= {"samples": 100, "subsets": 3, "importance_samples": 2}
    checkout.write("params.yaml", yaml.safe_dump(params, sort_keys=False))
    return file.read(place / "params.yaml")


@pytest.fixture(scope="module")
def place(raw: Path, manifests: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All outputs of a run on unlabelled pictures."""
    place = tmp_path_factory.mktemp("flowers")
    prepare = added(place, raw).datasets["flowers"].prepare
    prepare_pictures("flowers", raw, place / "data/prepared/flowers", prepare, "own", workers=1)
    own_runs.evaluate(place, "flowers-vae", manifests)
    return place


def test_turned_images_are_turned_by_what_their_labels_say() -> None:
    images = np.random.default_rng(0).integers(0, 256, (10, 6, 6, 3), np.uint8)
    turned = rotations.Turned(images)
    for index, image in enumerate(images):
        np.testing.assert_array_equal(turned[index : index + 1][0], np.rot90(image, turned.turns[index]))
    assert turned.turns.tolist() == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]
    batches = rotations.TurnedBatches((images,), batch=5, seed=1)
    (first, turns), (again, same) = batches[0], batches[0]
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(turns, same)
    known = {np.rot90(image, turn).tobytes(): turn for image in images for turn in range(4)}
    assert [known[image.tobytes()] for image in first] == turns.tolist()


def test_judge_of_rotations_predicts_them_and_measures_distances(place: Path) -> None:
    judge = Judge.load(place / "data/judges/flowers")
    assert judge.spec.label_names == rotations.NAMES
    summary = files.read_json(judge.directory / "judge.json")
    assert set(summary["class_accuracy"]) == set(rotations.NAMES)
    assert set(summary["gauge"]) == {"floor", "blur", "noise"}
    assert sorted(path.name for path in judge.directory.glob("features_*")) == [
        f"features_{name}.npy" for name in ("blur", "noise", "test", "train")
    ]


def test_run_on_unlabelled_pictures_has_distances_and_no_classes(place: Path) -> None:
    metrics = files.read_json(place / "metrics.json")["flowers-vae"]
    assert {"fd", "fd_floor", "fd_ceiling", "kid", "coverage", "loss"} <= set(metrics)
    assert "class_entropy" not in metrics
    assert not (place / "data/evaluations/flowers-vae/classes.json").exists()
    history = (place / "data/models/flowers-vae/history.csv").read_text().splitlines()[0].split(",")
    assert {"kid", "coverage"} <= set(history)
    assert "class_entropy" not in history


def test_report_shows_own_pictures_and_what_their_judge_predicts(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    text = own_runs.report()
    for expected in ("own files", "by how many quarter turns", "Accuracy by rotation", "three quarter turns"):
        assert expected in text, expected
    assert "What the samples show" not in text


def refused(place: Path, raw: Path, small: dict[str, Any], **changed: Any) -> str:
    params = file.check(parameters(small, **({"classes": "none", "labels": "rotations", "missing": None} | changed)))
    prepare_pictures("flowers", raw, place / "prepared", params.datasets["flowers"].prepare, "own", workers=1)
    prepared = Prepared.read(place / "prepared")
    with pytest.raises(ValueError, match=r"^(labels|gauge)") as caught:
        judging.train(prepared, params.judges["flowers"], place / "none.json", place / "judge", place / "checkpoints")
    return str(caught.value)


def test_labels_that_a_dataset_lacks_are_refused(raw: Path, small_params: dict[str, Any], tmp_path: Path) -> None:
    message = refused(tmp_path, raw, small_params, labels="classes")
    assert message == "labels: got 'classes'; flowers has neither classes nor attributes; allowed is rotations"
    message = refused(tmp_path, raw, small_params, missing=0)
    assert message == "gauge.missing_class: got 0; flowers has neither classes nor attributes; allowed is null"
    message = refused(tmp_path, raw, small_params, classes="folders", labels="attributes")
    assert message == "labels: got 'attributes'; flowers has classes; allowed is classes or rotations"


def test_judge_of_folders_classifies_them(
    raw: Path, small_params: dict[str, Any], manifests: Path, tmp_path: Path
) -> None:
    params = file.check(parameters(small_params, "folders", "classes", None))
    prepare_pictures("flowers", raw, tmp_path / "prepared", params.datasets["flowers"].prepare, "own", workers=1)
    prepared = Prepared.read(tmp_path / "prepared")
    code = manifests / "judge" / "image_folder.json"
    keras.utils.clear_session()
    judging.train(prepared, params.judges["flowers"], code, tmp_path / "judge", tmp_path / "checkpoints")
    assert Judge.load(tmp_path / "judge").spec.classes == ("rose", "tulip")
    assert set(files.read_json(tmp_path / "judge/judge.json")["class_accuracy"]) == {"rose", "tulip"}


def test_edit_says_that_unlabelled_pictures_have_no_concepts(place: Path, params_file: Path) -> None:
    prepared = Prepared.read(place / "data/prepared/flowers")
    model, judge = place / "data/models/flowers-vae", place / "data/judges/flowers"
    params = next(iter(file.read(params_file).edits.values()))
    with pytest.raises(ValueError, match="flowers has no attributes, so there are no concepts to edit"):
        edit.edit(model, prepared, judge, params, place / "edited", place / "code.json", place / "checkpoints")
