"""Four raw files become arrays, a Spec and pictures; files that do not match are refused."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from atelier.core import files
from atelier.core.spec import Spec
from atelier.datasets.formats.idx import container
from atelier.datasets.formats.idx import prepare as preparing
from atelier.datasets.formats.idx.params import Prepare

CLASSES = ("nought", "one", "two")
SHAPE = (6, 5, 1)
TRAIN, TEST = 40, 10
PARAMS = Prepare(validation=8, seed=3)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    raw, rng = tmp_path / "raw", np.random.default_rng(0)
    for split, count in (("train", TRAIN), ("test", TEST)):
        images = rng.integers(0, 256, (count, 6, 5)).astype(np.uint8)
        images[:, 0, 0] = np.arange(count)  # identifies the image
        container.write(raw / container.IMAGES[split], images)
        container.write(raw / container.LABELS[split], (np.arange(count) % 3).astype(np.uint8))
    return raw


def prepare(raw: Path, out: Path, params: Prepare = PARAMS) -> Spec:
    return preparing.prepare_labelled("toy", raw, out, params, "mirror", CLASSES, SHAPE)


def test_every_image_keeps_its_label_and_goes_to_one_split(raw: Path, tmp_path: Path) -> None:
    prepare(raw, tmp_path / "out")
    seen = []
    for split, count in (("train", TRAIN - 8), ("validation", 8)):
        images = np.load(tmp_path / "out" / f"{split}_images.npy")
        labels = np.load(tmp_path / "out" / f"{split}_labels.npy")
        assert (images.shape, images.dtype, labels.dtype) == ((count, *SHAPE), np.uint8, np.uint8)
        np.testing.assert_array_equal(labels, images[:, 0, 0, 0] % 3)
        seen += images[:, 0, 0, 0].tolist()
    assert sorted(seen) == list(range(TRAIN))


def test_official_test_split_stays_the_test_split(raw: Path, tmp_path: Path) -> None:
    prepare(raw, tmp_path / "out")
    upstream = container.read(raw / container.IMAGES["test"], ndim=3)
    np.testing.assert_array_equal(np.load(tmp_path / "out" / "test_images.npy")[..., 0], upstream)


def test_spec_records_sizes_and_digests(raw: Path, tmp_path: Path) -> None:
    spec = prepare(raw, tmp_path / "out")
    assert Spec.read(tmp_path / "out" / "spec.json") == spec
    assert spec.sizes == {"train": 32, "validation": 8, "test": 10}
    assert (spec.name, spec.shape, spec.classes, spec.source) == ("toy", SHAPE, CLASSES, "mirror")
    arrays = sorted((tmp_path / "out").glob("*.npy"))
    assert spec.sha256 == {path.name: files.sha256(path) for path in arrays}
    assert len(arrays) == 6


def test_every_picture_that_is_named_opens(raw: Path, tmp_path: Path) -> None:
    prepare(raw, tmp_path / "out")
    pictures = files.read_json(tmp_path / "out" / "pictures.json")
    assert [set(picture) for picture in pictures] == [{"file", "title", "caption"}]
    with Image.open(tmp_path / "out" / pictures[0]["file"]) as picture:
        assert min(picture.size) > 30


def test_same_files_and_params_give_the_same_bytes(raw: Path, tmp_path: Path) -> None:
    outs = [tmp_path / name for name in ("first", "second")]
    for out in outs:
        prepare(raw, out)
    first, second = ({path.name: path.read_bytes() for path in out.iterdir()} for out in outs)
    assert first == second
    assert len(first) == 9


def test_validation_draw_depends_on_its_seed() -> None:
    kept, held_out = preparing.hold_out(1000, 100, seed=0)
    assert np.array_equal(held_out, preparing.hold_out(1000, 100, seed=0)[1])
    assert not np.array_equal(held_out, preparing.hold_out(1000, 100, seed=1)[1])
    assert not set(kept) & set(held_out)
    assert np.all(np.diff(held_out) > 0)
    assert held_out.max() > 900, "the draw is from all of the split, not its head"


def test_validation_that_leaves_nothing_to_train_on_is_refused(raw: Path, tmp_path: Path) -> None:
    message = r"datasets\.toy\.prepare\.validation: got 40; the train split has 40 images, so at most 39"
    with pytest.raises(ValueError, match=message):
        prepare(raw, tmp_path / "out", Prepare(validation=40, seed=0))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("file", "array", "message"),
    [
        (container.LABELS["train"], np.full(TRAIN, 3, np.uint8), "label 3 at index 0; allowed are 0 to 2"),
        (container.LABELS["test"], np.zeros(9, np.uint8), "contains 10 images and"),
        (container.IMAGES["test"], np.zeros((TEST, 5, 6), np.uint8), "images of 5×6; allowed are 6×5"),
        (
            container.IMAGES["train"],
            np.zeros(TRAIN, np.uint8),
            "contains uint8 with 1 dimensions; allowed is uint8 with 3",
        ),
    ],
)
def test_files_that_do_not_fit_are_refused_by_name(
    raw: Path, tmp_path: Path, file: str, array: np.ndarray, message: str
) -> None:
    container.write(raw / file, array)
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        prepare(raw, tmp_path / "out")
    assert str(raw / file) in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_empty_split_is_refused(raw: Path, tmp_path: Path) -> None:
    container.write(raw / container.IMAGES["test"], np.zeros((0, 6, 5), np.uint8))
    container.write(raw / container.LABELS["test"], np.zeros(0, np.uint8))
    with pytest.raises(ValueError, match="at least one image"):
        prepare(raw, tmp_path / "out")


def test_failure_leaves_the_earlier_result(raw: Path, tmp_path: Path) -> None:
    spec = prepare(raw, tmp_path / "out")
    (raw / container.LABELS["test"]).unlink()
    with pytest.raises(FileNotFoundError):
        prepare(raw, tmp_path / "out")
    assert Spec.read(tmp_path / "out" / "spec.json") == spec
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "raw"]


def test_preview_has_a_row_for_each_class_even_a_rare_one() -> None:
    pixels = np.full((3, 2, 2, 1), 9, np.uint8)
    rows = preparing.preview(pixels, np.array([0, 0, 2], np.uint8), classes=3, columns=2)
    assert rows[:, 0, 0, 0].tolist() == [9, 9, 0, 0, 9, 0]
