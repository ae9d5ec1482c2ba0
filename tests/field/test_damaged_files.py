"""Damaged files of ours: one line that names the file and what helps; notes that only guide the order stop nothing."""

import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atelier.core import environment, files
from atelier.core.code import manifest
from atelier.core.prepared import Prepared
from atelier.core.spec import Spec
from atelier.core.text import Corpus
from atelier.editing.vectors import KINDS, Concepts
from atelier.modalities.images.evaluate import Samples
from atelier.modalities.judge import Judge
from atelier.report import sources, summary
from atelier.report.gauge import Gauge
from atelier.workflow.running import scheduling
from atelier.workflow.versions import revisions

Damage = Callable[[Path], object]


def cut(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def of_another_form(path: Path) -> None:
    if path.suffix == ".npy":
        np.save(path, np.full((2, 2, 2, 2, 2), "text"))
    else:
        path.write_text("[1, null]")


def objects(path: Path) -> None:
    if path.suffix == ".npy":
        np.save(path, np.array([{}, None], dtype=object), allow_pickle=True)
    else:
        path.write_bytes(pickle.dumps({"a": 1}))


DAMAGES: dict[str, Damage] = {
    "empty": lambda path: path.write_bytes(b""),
    "zeros": lambda path: path.write_bytes(bytes(4096)),
    "cut off": cut,
    "another form": of_another_form,
    "pickled": objects,
    "cut off zip": lambda path: path.write_bytes(b"PK\x03\x04" + bytes(50)),
    "nested too deeply": lambda path: path.write_bytes(b"[" * 100_000),
    "nothing inside": lambda path: path.write_bytes(b"{}" if path.suffix == ".json" else b"\x93NUMPY"),
}


@pytest.fixture(params=DAMAGES)
def damage(request: pytest.FixtureRequest) -> Damage:
    return DAMAGES[request.param]


# Whole, but not what belongs there.
OTHERS = [np.zeros((5, 2, 2, 1), np.uint8), np.zeros(5, np.uint8), np.zeros(5), np.arange(7)[::-1], np.full((0,), 1.0)]


def said(read: Callable[[], Any], path: Path) -> str:
    """Return the error of `read`, which must be one line that begins with the path."""
    with pytest.raises(ValueError, match=path.name) as raised:
        read()
    message = str(raised.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    return message


@pytest.mark.parametrize("name", ["train_images.npy", "test_labels.npy", "spec.json"])
def test_prepared_images_name_a_damaged_file(name: str, damage: Damage, prepared: Path, tmp_path: Path):
    copy = shutil.copytree(prepared, tmp_path / "prepared")

    def read() -> None:
        data = Prepared.read(copy)
        data.images("train")
        data.labels("test")

    read()
    damage(copy / name)
    assert "dvc checkout" in said(read, copy / name)


def test_index_of_shards_names_itself(damage: Damage, prepared: Path, tmp_path: Path):
    copy = shutil.copytree(prepared, tmp_path / "prepared")
    (copy / "train_images.npy").rename(copy / "train_images_00000.npy")
    files.write_json(copy / "images.json", {"train": [{"file": "train_images_00000.npy", "images": 1}]})
    damage(copy / "images.json")
    said(lambda: Prepared.read(copy).images("train"), copy / "images.json")


@pytest.mark.parametrize("name", ["tokens", "starts", "labels", "sizes", "spelling"])
def test_prepared_texts_name_a_damaged_file(name: str, damage: Damage, prepared_texts: Path, tmp_path: Path):
    copy = shutil.copytree(prepared_texts, tmp_path / "prepared")
    damage(copy / f"test_{name}.npy")
    said(lambda: Corpus.read(copy, "test"), copy / f"test_{name}.npy")


@pytest.mark.parametrize("name", ["features_test.npy", "judge.json", "config.json", "model.weights.h5"])
def test_judge_names_a_damaged_file(name: str, damage: Damage, judge: Path, tmp_path: Path):
    copy = shutil.copytree(judge, tmp_path / "judge")

    def read() -> None:
        loaded = Judge.load(copy)
        loaded.draw("test", 1)
        assert loaded.ceilings

    damage(copy / name)
    said(read, copy / name)


def test_samples_name_a_damaged_file(damage: Damage, judge: Path, tmp_path: Path):
    path = tmp_path / "samples.npy"
    np.save(path, np.zeros((4, 28, 28, 1), np.uint8))
    damage(path)
    said(lambda: Samples.read(judge, tmp_path, 4), path)


@pytest.mark.parametrize("name", ["concepts.npy", "concepts.json"])
def test_concept_vectors_name_a_damaged_file(name: str, damage: Damage, tmp_path: Path):
    whole = Concepts(("Smiling",), np.ones((len(KINDS), 1, 3), np.float32), np.ones(1, np.float32), 0)
    whole.write(tmp_path)
    Concepts.read(tmp_path)
    damage(tmp_path / name)
    said(lambda: Concepts.read(tmp_path), tmp_path / name)


def test_manifest_and_environment_name_themselves(damage: Damage, packages: Path, tmp_path: Path):
    for check in (manifest.check, environment.check):
        path = shutil.copy(packages, tmp_path / "file.json")
        damage(path)
        with pytest.raises(ValueError, match=r"file\.json|installed: ") as raised:
            check(path)
        assert "\n" not in str(raised.value)


def test_spec_of_an_unknown_form_names_itself(prepared: Path, tmp_path: Path):
    known = files.read_json(prepared / "spec.json")
    for changed in (known | {"colour": 1}, known | {"shape": 3}, {key: known[key] for key in ("name", "shape")}):
        files.write_json(tmp_path / "spec.json", changed)
        said(lambda: Spec.read(tmp_path / "spec.json"), tmp_path / "spec.json")


@pytest.mark.parametrize("name", ["train_images.npy", "test_labels.npy"])
@pytest.mark.parametrize("other", OTHERS)
def test_images_that_do_not_fit_their_spec_are_named(name: str, other: np.ndarray, prepared: Path, tmp_path: Path):
    copy = shutil.copytree(prepared, tmp_path / "prepared")
    np.save(copy / name, other)

    def read() -> None:
        Prepared.read(copy).images("train")
        Prepared.read(copy).labels("test")

    said(read, copy / name)


@pytest.mark.parametrize("name", ["tokens", "starts", "labels", "sizes", "spelling"])
@pytest.mark.parametrize("other", OTHERS)
def test_texts_that_do_not_fit_one_another_are_named(
    name: str, other: np.ndarray, prepared_texts: Path, tmp_path: Path
):
    copy = shutil.copytree(prepared_texts, tmp_path / "prepared")
    np.save(copy / f"test_{name}.npy", other)
    with pytest.raises(ValueError, match=rf"^{copy}.*test_{name}\.npy") as raised:
        Corpus.read(copy, "test")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("key, value", [("sizes", [1]), ("sizes", {"train": "x"}), ("classes", [1]), ("shape", [28])])
def test_spec_with_values_of_other_types_names_itself(key: str, value: Any, prepared: Path, tmp_path: Path):
    files.write_json(tmp_path / "spec.json", files.read_json(prepared / "spec.json") | {key: value})
    said(lambda: Spec.read(tmp_path / "spec.json"), tmp_path / "spec.json")


@pytest.mark.parametrize(
    "content", [b"epoch,loss\n1,2,3\n", b"epoch,loss\n1\n", b"\xff\xfe", b"a\n" + b"x" * 200_000, b"a\nx\n", b""]
)
def test_history_that_is_damaged_names_itself(content: bytes, tmp_path: Path):
    (tmp_path / "history.csv").write_bytes(content)
    said(lambda: sources.read_history(tmp_path / "history.csv", "train@a"), tmp_path / "history.csv")


@pytest.mark.parametrize("content", [b"\xff", b"[" * 100_000, b"1" * 5000, b"{", b"", b"3", b'{"a": 3}'])
def test_metrics_that_are_damaged_name_themselves(content: bytes, tmp_path: Path):
    path = tmp_path / "metrics.json"
    path.write_bytes(content)
    said(lambda: revisions.metrics_here(tmp_path), path)
    said(lambda: summary.read(path), path)


@pytest.mark.parametrize("key", ["gauge", "class_accuracy"])
@pytest.mark.parametrize("value", [3, [1], {"floor": 1 << 2000}, {"floor": {"fd": None}}])
def test_report_names_a_damaged_gauge(key: str, value: Any, judge: Path, tmp_path: Path):
    path = tmp_path / "judge.json"
    files.write_json(path, files.read_json(judge / "judge.json") | {key: value})
    said(lambda: Gauge.read(path, "judge@mnist"), path)


@pytest.mark.parametrize(
    "content",
    [
        *(b"", bytes(9), b"[1]", b"null", b"\xff", b"[" * 100_000),
        *(b'{"a": "b", "c": -1, "d": 2.5}', b'{"a": 1' + b"0" * 400 + b"}"),
    ],
)
def test_notes_about_seconds_never_stop_a_run(content: bytes, tmp_path: Path):
    (tmp_path / "seconds.json").write_bytes(content)
    found = scheduling.recorded_seconds(tmp_path / "seconds.json")
    assert found == ({"d": 2.5} if b'"d"' in content else {})
    assert scheduling.recorded_seconds(tmp_path) == {}
