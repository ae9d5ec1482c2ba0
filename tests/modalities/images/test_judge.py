"""Judging images: augmentation, the draws that floor and ceilings are measured on, and a judge from end to end."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from atelier.core import files, seeds
from atelier.core.prepared import Prepared
from atelier.modalities import judging as judge_features
from atelier.modalities.images import judge as judging
from atelier.modalities.images.params import Judge
from atelier.networks import network as networks
from atelier.params import file
from atelier.training import batches

CEILINGS = ("blur", "noise", "missing_class")
BATCH = np.random.default_rng(0).integers(0, 256, (40, 9, 7, 1), np.uint8)


def augmented(shift: int, flip: bool, seed: int = 1, batch: np.ndarray = BATCH) -> np.ndarray:
    return batches.moved(batch, seeds.generator(seed), shift, flip)


def moved(image: np.ndarray, down: int, right: int, shift: int) -> np.ndarray:
    """`image` moved by whole pixels, filled with its edge."""
    height, width, _ = image.shape
    padded = np.pad(image, ((shift, shift), (shift, shift), (0, 0)), mode="edge")
    return padded[shift - down : shift - down + height, shift - right : shift - right + width]


def candidates(image: np.ndarray, shift: int) -> dict[tuple[int, int, bool], bytes]:
    """What an image may become: every shift within bounds, plain and mirrored."""
    steps = range(-shift, shift + 1)
    shifted = {(down, right): moved(image, down, right, shift) for down in steps for right in steps}
    return {(*by, flip): (m[:, ::-1] if flip else m).tobytes() for by, m in shifted.items() for flip in (False, True)}


def test_augmentation_that_does_nothing_is_the_identity():
    np.testing.assert_array_equal(augmented(0, flip=False), BATCH)


@pytest.mark.parametrize("flip", [False, True])
def test_image_is_moved_within_bounds_with_its_edge_drawn_out(flip: bool):
    seen = set()
    for before, after in zip(BATCH, augmented(1, flip), strict=True):
        found = [how for how, image in candidates(before, 1).items() if image == after.tobytes()]
        assert len(found) == 1
        seen.add(found[0])
    assert {right for _, right, _ in seen} == {down for down, _, _ in seen} == {-1, 0, 1}
    assert {mirrored for *_, mirrored in seen} == ({False, True} if flip else {False})


def test_flip_mirrors_about_half_of_the_images():
    batch = np.repeat(BATCH, 10, axis=0)
    mirrored = [np.array_equal(a, b[:, ::-1]) for a, b in zip(augmented(0, True, batch=batch), batch, strict=True)]
    assert 150 < sum(mirrored) < 250


def test_augmentation_depends_on_its_generator_alone():
    np.testing.assert_array_equal(augmented(2, True), augmented(2, True))
    assert not np.array_equal(augmented(2, True), augmented(2, True, seed=2))


@pytest.fixture(scope="module")
def data(prepared: Path) -> Prepared:
    return Prepared.read(prepared)


@pytest.fixture(scope="module")
def params(params_file: Path) -> Judge:
    small = file.read(params_file).judge("mnist")
    # More than the shared parameters train, so that the judge knows one thing from another.
    train = {"epochs": 4, "features": 16, "filters": (8, 16), "schedule": "constant", "learning_rate": 0.01}
    gauge = {"blur": 2.0, "noise": 0.5}
    return Judge(
        modality="images", train=small.train.model_copy(update=train), gauge=small.gauge.model_copy(update=gauge)
    )


@pytest.fixture(scope="module")
def drawn(data: Prepared, params: Judge) -> dict[str, np.ndarray]:
    return judging.draws(data, params.gauge)


@pytest.fixture(scope="module")
def judge(data: Prepared, params: Judge, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("judge")
    judging.judge(data, params, place / "out", place / "checkpoints")
    return place / "out"


def images_of(data: Prepared, split: str) -> dict[bytes, int]:
    labels = data.labels(split)
    return {image.tobytes(): int(label) for image, label in zip(data.images(split), labels, strict=True)}


def test_every_draw_has_as_many_images_as_asked_for(drawn, params: Judge, data: Prepared):
    assert set(drawn) == {judge_features.REAL, judge_features.FLOOR, *CEILINGS}
    for images in drawn.values():
        assert images.shape == (params.gauge.samples, *data.spec.shape)
        assert images.dtype == np.uint8


@pytest.mark.parametrize("name, split", [("test", "test"), ("train", "train"), ("missing_class", "train")])
def test_real_draws_come_from_their_split_without_repetition(name: str, split: str, drawn, data: Prepared):
    images = [image.tobytes() for image in drawn[name]]
    assert set(images) <= set(images_of(data, split))
    assert len(set(images)) == len(images)


def test_missing_class_is_missing_and_the_others_are_there(drawn, data: Prepared, params: Judge):
    labels = images_of(data, "train")
    seen = {labels[image.tobytes()] for image in drawn["missing_class"]}
    assert seen == set(range(10)) - {params.gauge.missing_class}


def test_smaller_draw_is_the_start_of_a_larger_one(drawn, data: Prepared, params: Judge):
    smaller = judging.draws(data, params.gauge.model_copy(update={"samples": 100}))
    for name in ("test", "train", "blur", "noise", "missing_class"):
        np.testing.assert_array_equal(smaller[name], drawn[name][:100], err_msg=name)


def test_another_seed_draws_other_images(drawn, data: Prepared, params: Judge):
    other = judging.draws(data, params.gauge.model_copy(update={"seed": 99}))
    assert not np.array_equal(other["test"], drawn["test"])
    assert not np.array_equal(other["train"], drawn["train"])


def refused(data: Prepared, params: Judge, place: Path, **gauge: int) -> str:
    changed = params.model_copy(update={"gauge": params.gauge.model_copy(update=gauge)})
    with pytest.raises(ValueError, match=r"^(gauge|the test split)") as caught:
        judging.judge(data, changed, place / "out", place / "checkpoints")
    assert list(place.iterdir()) == []
    return str(caught.value)


def test_more_images_than_the_test_split_has_are_refused_before_any_training(data, params, tmp_path: Path):
    message = refused(data, params, tmp_path, samples=151)
    assert message == "gauge.samples: got 151; the test split of mnist has 150 images"


def test_more_images_than_train_has_without_the_missing_class_are_refused(data, params, tmp_path: Path):
    few = Prepared(data.directory, data.spec.from_dict(vars(data.spec) | {"sizes": {"train": 340, "test": 999}}))
    left = int((data.labels("train") != params.gauge.missing_class).sum())
    message = refused(few, params, tmp_path, samples=330)
    assert message == f"gauge.samples: got 330; the train (one left out) split of mnist has {left} images"


def test_class_that_there_is_not_is_refused(data, params, tmp_path: Path):
    message = refused(data, params, tmp_path, missing_class=10)
    assert message == "gauge.missing_class: got 10; mnist has classes 0 to 9"


def test_class_without_a_test_image_is_refused_by_name(data: Prepared, params: Judge, tmp_path: Path):
    copy = shutil.copytree(data.directory, tmp_path / "data")
    labels = np.array(data.labels("test"))
    np.save(copy / "test_labels.npy", np.where(labels == 7, 1, labels))
    (tmp_path / "place").mkdir()
    message = refused(Prepared.read(copy), params, tmp_path / "place")
    assert message == "the test split of mnist has no image of: 7"


def test_judge_tells_fresh_images_from_damaged_ones(judge: Path):
    summary = files.read_json(judge / "judge.json")
    gauge = summary["gauge"]
    assert set(gauge) == {"floor", *CEILINGS}
    assert set(judge_features.ceilings(judge)) == set(CEILINGS)
    for ceiling in CEILINGS:
        assert 0 <= gauge["floor"]["fd"] < gauge[ceiling]["fd"], ceiling
    assert gauge["floor"]["kid"] < min(gauge["blur"]["kid"], gauge["noise"]["kid"])
    assert gauge["blur"]["recall"] < 0.5 < gauge["floor"]["recall"]


def test_judge_says_how_often_it_is_right_on_the_test_split(judge: Path, data: Prepared):
    summary = files.read_json(judge / "judge.json")
    network = networks.load(judge)
    logits = judge_features.verdicts(network, judge_features.features(network, data.images("test")))
    right = logits.argmax(axis=1) == data.labels("test")
    assert summary["test_accuracy"] == right.mean() > 0.5
    counts = np.bincount(data.labels("test"), minlength=10)
    shares = [summary["class_accuracy"][name] for name in data.spec.classes]
    assert np.dot(shares, counts) == pytest.approx(right.sum())


def test_kept_features_are_those_of_the_draws_and_their_first_rows_a_draw_too(judge: Path, drawn, params: Judge):
    network = networks.load(judge)
    for name, images in drawn.items():
        prefix = judge_features.read_draw(judge, name, 100)
        assert prefix.shape == (100, params.train.features)
        np.testing.assert_array_equal(prefix, judge_features.features(network, images[:100]), err_msg=name)


def test_more_features_than_the_judge_kept_are_an_error_with_both_numbers(judge: Path):
    with pytest.raises(ValueError, match=r"500 samples are to be compared, but the judge in .* kept 120 real ones"):
        judge_features.read_draw(judge, "test", 500)
