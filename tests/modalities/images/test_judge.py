"""A judge of images: augmentation, the draws of floor and ceilings, and a trained judge."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atelier.core import files, seeds
from atelier.core.prepared import Prepared
from atelier.modalities.images import judge as judging
from atelier.modalities.images.params import Judge as Params
from atelier.modalities.judge import FLOOR, REAL
from atelier.modalities.judge import Judge as TrainedJudge
from atelier.params import file
from atelier.training.batches import shift_and_flip

CEILINGS = ("blur", "noise", "missing_class")
BATCH = np.random.default_rng(0).integers(0, 256, (40, 9, 7, 1), np.uint8)


def augmented(shift: int, flip: bool, seed: int = 1, batch: np.ndarray = BATCH) -> np.ndarray:
    return shift_and_flip(batch, seeds.generator(seed), shift, flip)


def shifted(image: np.ndarray, down: int, right: int, shift: int) -> np.ndarray:
    """`image` shifted by whole pixels, filled with its edge."""
    height, width, _ = image.shape
    padded = np.pad(image, ((shift, shift), (shift, shift), (0, 0)), mode="edge")
    return padded[shift - down : shift - down + height, shift - right : shift - right + width]


def candidates(image: np.ndarray, shift: int) -> dict[tuple[int, int, bool], bytes]:
    """All possible results of augmenting an image: every shift within bounds, plain and mirrored."""
    steps = range(-shift, shift + 1)
    moved = {(down, right): shifted(image, down, right, shift) for down in steps for right in steps}
    return {(*by, flip): (m[:, ::-1] if flip else m).tobytes() for by, m in moved.items() for flip in (False, True)}


def test_augmentation_that_does_nothing_is_the_identity():
    np.testing.assert_array_equal(augmented(0, flip=False), BATCH)


@pytest.mark.parametrize("flip", [False, True])
def test_image_is_shifted_within_bounds_and_its_edge_is_repeated(flip: bool):
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


def test_augmentation_depends_on_its_generator_only():
    np.testing.assert_array_equal(augmented(2, True), augmented(2, True))
    assert not np.array_equal(augmented(2, True), augmented(2, True, seed=2))


@pytest.fixture(scope="module")
def data(prepared: Path) -> Prepared:
    return Prepared.read(prepared)


@pytest.fixture(scope="module")
def params(params_file: Path) -> Params:
    small = file.read(params_file).entry("judges", "mnist")
    # Longer than in the shared parameters, so that the judge learns to classify.
    train = {"epochs": 4, "features": 16, "filters": (8, 16), "schedule": "constant", "learning_rate": 0.01}
    gauge = {"blur": 2.0, "noise": 0.5}
    return small.model_copy(
        update={"train": small.train.model_copy(update=train), "gauge": small.gauge.model_copy(update=gauge)}
    )


@pytest.fixture(scope="module")
def drawn(data: Prepared, params: Params) -> dict[str, np.ndarray]:
    return judging.draws(data, params.gauge)


@pytest.fixture(scope="module")
def code(manifests: Path) -> Path:
    return manifests / "judge" / "mnist.json"


@pytest.fixture(scope="module")
def judge(data: Prepared, params: Params, code: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainedJudge:
    place = tmp_path_factory.mktemp("judge")
    judging.train(data, params, code, place / "out", place / "checkpoints")
    return TrainedJudge.load(place / "out")


@pytest.fixture(scope="module")
def summary(judge: TrainedJudge) -> dict[str, Any]:
    return files.read_json(judge.directory / "judge.json")


def images_of(data: Prepared, split: str) -> dict[bytes, int]:
    labels = data.labels(split)
    return {image.tobytes(): int(label) for image, label in zip(data.images(split), labels, strict=True)}


def test_every_draw_has_the_configured_number_of_images(drawn, params: Params, data: Prepared):
    assert set(drawn) == {REAL, FLOOR, *CEILINGS}
    for images in drawn.values():
        assert images.shape == (params.gauge.samples, *data.spec.shape)
        assert images.dtype == np.uint8


@pytest.mark.parametrize("name, split", [("test", "test"), ("train", "train"), ("missing_class", "train")])
def test_real_draws_come_from_their_split_without_repetition(name: str, split: str, drawn, data: Prepared):
    images = [image.tobytes() for image in drawn[name]]
    assert set(images) <= set(images_of(data, split))
    assert len(set(images)) == len(images)


def test_missing_class_is_missing_and_all_others_are_present(drawn, data: Prepared, params: Params):
    labels = images_of(data, "train")
    present = {labels[image.tobytes()] for image in drawn["missing_class"]}
    assert present == set(range(10)) - {params.gauge.missing_class}


def test_smaller_draw_is_the_start_of_a_larger_one(drawn, data: Prepared, params: Params):
    smaller = judging.draws(data, params.gauge.model_copy(update={"samples": 100}))
    for name in ("test", "train", "blur", "noise", "missing_class"):
        np.testing.assert_array_equal(smaller[name], drawn[name][:100], err_msg=name)


def test_another_seed_draws_other_images(drawn, data: Prepared, params: Params):
    other = judging.draws(data, params.gauge.model_copy(update={"seed": 99}))
    assert not np.array_equal(other["test"], drawn["test"])
    assert not np.array_equal(other["train"], drawn["train"])


def refusal(data: Prepared, params: Params, code: Path, place: Path, **gauge: int) -> str:
    changed = params.model_copy(update={"gauge": params.gauge.model_copy(update=gauge)})
    with pytest.raises(ValueError, match=r"^(gauge|the test split)") as caught:
        judging.train(data, changed, code, place / "out", place / "checkpoints")
    assert list(place.iterdir()) == []
    return str(caught.value)


def test_more_images_than_the_test_split_has_are_refused_before_any_training(data, params, code, tmp_path: Path):
    message = refusal(data, params, code, tmp_path, samples=151)
    assert message.startswith("gauge.samples: got 151; ")
    assert "150" in message


def test_more_images_than_train_has_without_the_missing_class_are_refused(data, params, code, tmp_path: Path):
    few = Prepared(data.directory, replace(data.spec, sizes={"train": 340, "test": 999}))
    left = int((data.labels("train") != params.gauge.missing_class).sum())
    message = refusal(few, params, code, tmp_path, samples=330)
    assert message.startswith("gauge.samples: got 330; ")
    assert str(left) in message


def test_unknown_missing_class_is_refused(data, params, code, tmp_path: Path):
    message = refusal(data, params, code, tmp_path, missing_class=10)
    assert message.startswith("gauge.missing_class: got 10; ")
    assert "0 to 9" in message


def test_class_without_a_test_image_is_refused_by_name(data: Prepared, params: Params, code: Path, tmp_path: Path):
    copy = shutil.copytree(data.directory, tmp_path / "data")
    labels = np.array(data.labels("test"))
    np.save(copy / "test_labels.npy", np.where(labels == 7, 1, labels))
    (tmp_path / "place").mkdir()
    message = refusal(Prepared.read(copy), params, code, tmp_path / "place")
    assert message == "the test split of mnist has no image of: 7"


def test_damaged_images_are_farther_from_test_images_than_undamaged_ones(judge: TrainedJudge, summary):
    gauge = summary["gauge"]
    assert set(gauge) == {"floor", *CEILINGS}
    assert set(judge.ceilings) == set(CEILINGS)
    for ceiling in CEILINGS:
        assert 0 <= gauge["floor"]["fd"] < gauge[ceiling]["fd"], ceiling
    assert gauge["floor"]["kid"] < min(gauge["blur"]["kid"], gauge["noise"]["kid"])
    assert gauge["blur"]["recall"] < 0.5 < gauge["floor"]["recall"]


def test_accuracy_is_measured_on_the_test_split(judge: TrainedJudge, summary, data: Prepared):
    correct = judge.logits(judge.features(data.images("test"))).argmax(axis=1) == data.labels("test")
    assert summary["test_accuracy"] == correct.mean() > 0.5
    counts = np.bincount(data.labels("test"), minlength=10)
    shares = [summary["class_accuracy"][name] for name in data.spec.classes]
    assert np.dot(shares, counts) == pytest.approx(correct.sum())


def test_judge_keeps_the_features_of_every_draw_in_the_order_of_its_images(judge: TrainedJudge, drawn, params: Params):
    for name, images in drawn.items():
        first = judge.draw(name, 100)
        assert first.shape == (100, params.train.features)
        np.testing.assert_array_equal(first, judge.features(images[:100]), err_msg=name)


def test_more_features_than_the_judge_kept_are_refused(judge: TrainedJudge):
    with pytest.raises(ValueError, match=r"evaluate\.samples: got 500; .* 120 "):
        judge.draw("test", 500)
