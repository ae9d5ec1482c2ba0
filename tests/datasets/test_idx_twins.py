"""Offline twins in IDX files: the same bytes for a seed, other images for another, and a realistic difficulty."""

from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
import packages
import pytest
from sklearn.svm import SVC

from atelier.datasets.formats.idx import container, prepare, writer
from atelier.datasets.formats.idx.params import Embedded

NAMES = packages.names("idx")
SMALL = Embedded(train=120, test=100, seed=5)


def twin_of(name: str) -> ModuleType:
    return import_module(f"atelier.datasets.{name}.twin.write")


def shard(name: str, split: str, indices: range, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    return writer.shard(name, twin_of(name).draw, seed, split, indices)


class Drawn(NamedTuple):
    name: str
    train: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module", params=NAMES)
def drawn(request: pytest.FixtureRequest) -> Drawn:
    """One draw for the tests that look at many pictures."""
    return Drawn(request.param, shard(request.param, "train", range(1500)), shard(request.param, "test", range(400)))


def _features(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1) / 255.0


@pytest.fixture(scope="module", params=NAMES)
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Write the files of each twin; return its name and their directory."""
    directory = tmp_path_factory.mktemp(request.param)
    twin_of(request.param).write(directory, SMALL)
    return request.param, directory


def test_twin_writes_readable_files(written: tuple[str, Path]) -> None:
    _, directory = written
    assert {path.name for path in directory.iterdir()} == {*container.IMAGES.values(), *container.LABELS.values()}
    for split, count in (("train", 120), ("test", 100)):
        images, labels = prepare.decode(directory, split, (28, 28, 1), classes=10)
        assert images.shape == (count, 28, 28, 1)
        assert np.bincount(labels, minlength=10).tolist() == [count // 10] * 10


def test_same_seed_gives_the_same_bytes(written: tuple[str, Path], tmp_path: Path) -> None:
    name, directory = written
    twin_of(name).write(tmp_path, SMALL)
    for path in directory.iterdir():
        assert path.read_bytes() == (tmp_path / path.name).read_bytes()


def test_image_depends_on_its_index_not_on_its_shard(written: tuple[str, Path]) -> None:
    name, directory = written
    images, labels = shard(name, "train", range(37, 44))
    np.testing.assert_array_equal(container.read(directory / container.IMAGES["train"], 3)[37:44], images)
    np.testing.assert_array_equal(container.read(directory / container.LABELS["train"], 1)[37:44], labels)


@pytest.mark.parametrize("name", NAMES)
def test_seeds_and_splits_draw_other_pictures(name: str) -> None:
    shards = [shard(name, "train", range(20)), shard(name, "test", range(20)), shard(name, "train", range(20), seed=6)]
    for index, (images, labels) in enumerate(shards):
        for other, other_labels in shards[:index]:
            assert not np.array_equal(labels, other_labels)
            assert not (images == other).all(axis=(1, 2)).any()


def test_pictures_are_light_on_black(drawn: Drawn) -> None:
    images, _ = drawn.train
    assert images.max(axis=(1, 2)).min() > 50, "a picture is all but black"
    assert np.median(images[:, [0, 0, -1, -1], [0, -1, 0, -1]]) == 0


def test_no_two_pictures_are_the_same(drawn: Drawn) -> None:
    images = np.concatenate([drawn.train[0], drawn.test[0]]).reshape(1900, -1)
    assert len(np.unique(images, axis=0)) == 1900


def test_class_means_do_not_separate_the_classes(drawn: Drawn) -> None:
    (images, labels), (test_images, test_labels) = drawn.train, drawn.test
    means = np.stack([_features(images[labels == label]).mean(axis=0) for label in range(10)])
    distances = ((_features(test_images)[:, np.newaxis] - means) ** 2).sum(axis=-1)
    accuracy = (distances.argmin(axis=1) == test_labels).mean()
    assert 0.4 < accuracy < 0.9


def test_a_classifier_separates_the_classes_with_some_errors(drawn: Drawn) -> None:
    (images, labels), (test_images, test_labels) = drawn.train, drawn.test
    accuracy = SVC(C=5).fit(_features(images), labels).score(_features(test_images), test_labels)
    assert 0.85 < accuracy < 0.99


def test_images_vary_strongly_in_a_few_directions_and_weakly_in_many(drawn: Drawn) -> None:
    # A few directions suit a small latent space; noise would spread evenly over all directions.
    spectrum = np.linalg.eigvalsh(np.cov(_features(drawn.train[0]), rowvar=False))[::-1]
    share = np.cumsum(spectrum) / spectrum.sum()
    assert share[1] > 0.15
    assert 0.75 < share[39] < 0.97


def test_digits_have_the_box_and_the_centre_of_mnist() -> None:
    images, _ = shard("mnist", "train", range(200))
    places = np.arange(28) - 13.5
    for image in images.astype(np.float64):
        for axis in (0, 1):
            profile = image.sum(axis=axis)
            assert np.ptp(np.flatnonzero(profile)) + 1 <= 22
            assert abs(places @ profile / profile.sum()) <= 0.5
