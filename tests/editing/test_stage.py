"""The stage on small faces: every file, reproducible bytes, and errors before any work."""

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from atelier.core import files
from atelier.core.prepared import Prepared
from atelier.editing import latents, sheets, strips
from atelier.editing.edit import edit
from atelier.editing.params import Edit
from atelier.editing.space import Faces
from atelier.editing.vectors import Concepts
from atelier.networks import network as networks

PICTURES = ["strip.png", "every_concept.png", "eyeglasses.png", "interpolations.png", "sums.png", "leakage.png"]


@pytest.fixture(scope="module")
def run(model, data, judge, code, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Run the stage in a directory of its own."""

    def call(params: Edit, *, model: Path = model, data: Prepared = data, judge: Path = judge) -> Path:
        place = tmp_path_factory.mktemp("edit")
        edit(model, data, judge, params, place / "out", code, place / "checkpoints")
        return place / "out"

    return call


@pytest.fixture(scope="module")
def written(run, params) -> Path:
    return run(params)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_file_is_written_and_reproducible(written: Path, run, params):
    again = run(params)
    names = sorted(path.name for path in written.iterdir())
    assert names == sorted(
        [*PICTURES, "concepts.npy", "concepts.json", "concepts.csv", "leakage.csv", "metrics.json", "pictures.json"]
    )
    for name in names:
        assert (written / name).read_bytes() == (again / name).read_bytes(), name


def test_metrics_are_the_scores_of_the_concept_in_the_table(written: Path):
    metrics = files.read_json(written / "metrics.json")
    assert sorted(metrics) == ["flip_rate_smiling", "identity_drift_smiling", "leakage_smiling"]
    (row,) = [
        row
        for row in table(written / "concepts.csv")
        if (row["concept"], row["method"], row["orthogonal"]) == ("Smiling", "means", "true")
    ]
    for name in ("flip_rate", "leakage", "identity_drift"):
        assert metrics[f"{name}_smiling"] == pytest.approx(float(row[name]), abs=1e-6)


def test_tables_contain_every_kind_of_every_concept(written: Path):
    assert len(table(written / "concepts.csv")) == 3 * 4
    leakage = table(written / "leakage.csv")
    assert [row["edited"] for row in leakage] == ["Smiling", "Eyeglasses", "Male"]
    assert list(leakage[0]) == ["edited", "Smiling", "Eyeglasses", "Male"]
    assert all(float(row[row["edited"]]) > 0.3 for row in leakage)


def test_every_picture_is_small_and_has_a_title_and_a_caption(written: Path):
    exhibits = files.read_json(written / "pictures.json")
    assert [exhibit["file"] for exhibit in exhibits] == PICTURES
    for exhibit in exhibits:
        assert exhibit["title"]
        assert exhibit["caption"].endswith(".")
        assert (written / exhibit["file"]).stat().st_size < 500_000


def test_strip_contains_original_and_reconstruction(written: Path, space, data, params):
    strip = np.asarray(Image.open(written / "strip.png"))
    scale = 6
    step = (16 + sheets.GAP) * scale
    rows, left = strip.shape[0] // step, sheets.GAP * scale
    assert rows == params.faces
    top = strip.shape[0] - rows * step
    tile = strip[top : top + 16 * scale : scale, left : left + 16 * scale : scale]
    (found,) = np.flatnonzero((np.asarray(data.images("test")) == tile).all(axis=(1, 2, 3)))
    reconstruction = space.pictures(latents.encode(space, data, "test", np.array([found])))[0].astype(int)
    middle = left + (1 + params.steps // 2) * step
    shown = strip[top : top + 16 * scale : scale, middle : middle + 16 * scale : scale].astype(int)
    # Another batch may be rounded differently.
    assert np.abs(shown - reconstruction).max() <= 1


def test_pictures_without_the_attributes_that_they_need_are_omitted(space, data, params, tmp_path: Path):
    images, labels = data.images("test")[:50], data.labels("test")[:50, :1].astype(bool)
    faces = Faces(images, labels, latents.encode(space, data, "test", np.arange(50)))
    found = Concepts(("Smiling",), np.ones((4, 1, 8), np.float32), np.array([0.5]), 0)
    exhibits = strips.PictureWriter(space, faces, found, params, tmp_path).write_all()
    assert [exhibit["file"] for exhibit in exhibits] == ["strip.png", "every_concept.png", "interpolations.png"]


def test_unknown_concept_and_dataset_without_attributes_are_refused(run, data, params):
    with pytest.raises(ValueError, match=r"concept: got 'Grinning'; .*: Smiling, Eyeglasses, Male"):
        run(params.model_copy(update={"concept": "Grinning"}))
    plain = Prepared(data.directory, replace(data.spec, attributes=()))
    with pytest.raises(ValueError, match="tiny has no attributes"):
        run(params, data=plain)


def test_judge_of_other_attributes_is_refused(run, judge, params, tmp_path: Path):
    other = networks.load(judge)
    networks.save(replace(other, spec=replace(other.spec, attributes=("Bald", "Young", "Male"))), tmp_path)
    with pytest.raises(ValueError, match=r"judge .* tiny: Bald, Young, Male"):
        run(params, judge=tmp_path)


def test_sheet_has_names_of_columns_and_rows_and_frames_the_marked_column():
    colour = np.array([20, 120, 220], np.uint8)
    pictures = np.broadcast_to(colour, (2, 3, 16, 16, 3))
    plain = np.asarray(sheets.sheet(pictures, ["a", "b", "a name of many words"], ["first", "second"]))
    marked = np.asarray(sheets.sheet(pictures, ["a", "b", "a name of many words"], ["first", "second"], marked=1))
    changed = np.argwhere((plain != marked).any(axis=2))
    assert (marked[tuple(changed.T)] == sheets.MARK).all()
    assert (marked == colour).all(axis=2).sum() == (plain == colour).all(axis=2).sum() == 6 * 96**2
    assert (plain[:20] < 100).any(), "there is no name above the columns"
    assert (plain[:, :40] < 100).any(), "there is no name at the left"


def test_grey_pictures_make_a_colour_sheet():
    assert sheets.sheet(np.zeros((1, 2, 28, 28, 1), np.uint8), ["a", "b"]).mode == "RGB"
