"""Samples are what was asked for: labels stay with their pictures, from the training images to the scores."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

from atelier.core import files, seeds
from atelier.core.prepared import Prepared
from atelier.core.spec import Spec
from atelier.families.gan import train as gan
from atelier.families.gan.params import Evaluate, Train
from atelier.modalities.images import (
    attribute_scores,
    class_scores,
    conditional_exhibits,
    conditional_scores,
    conditions,
    fresh_classifier,
    generate,
)
from atelier.modalities.images.evaluate import Samples
from atelier.modalities.images.exhibit import Table
from atelier.modalities.images.params import Interpolations, Network
from atelier.modalities.judge import Judge
from atelier.networks import network as networks
from atelier.params import file

DIGITS = 10
CHANCE = 0.1
ATTRIBUTES = ("Large", "Odd", "Round")


@pytest.fixture(scope="module")
def data(prepared: Path) -> Prepared:
    return Prepared.read(prepared)


@pytest.fixture(scope="module")
def training(params_file: Path) -> Train:
    return file.read(params_file).entry("runs", "fashion_mnist-cgan").train


@pytest.fixture(scope="module")
def params(params_file: Path) -> Evaluate:
    return file.read(params_file).entry("runs", "fashion_mnist-cgan").evaluate


@pytest.fixture(scope="module")
def judge(data: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """A judge that knows the digits."""
    config = Network(filters=(8, 16), features=16, dropout=0.0)
    network = fresh_classifier.train(data.images("train"), data.labels("train"), data.spec, config, epochs=8, seed=3)
    return Judge(tmp_path_factory.mktemp("judge"), network)


@pytest.fixture
def network(data: Prepared, training: Train) -> networks.Network:
    """An untrained generator of digits, which is told their class."""
    return built(training, data.spec)


def built(training: Train, spec: Spec) -> networks.Network:
    network = networks.build("gan", training, spec, seed=1, precision="float32")
    # Untrained networks are nearly grey; a larger embedding makes pictures of different conditions differ.
    embedding = network.model.decoder.get_layer("embedding")
    embedding.set_weights([20 * weight for weight in embedding.get_weights()])
    network.model.conditions.assign(
        np.resize(np.eye(network.model.conditions.shape[1]), network.model.conditions.shape)
    )
    return network


def one_hot(labels: Any) -> np.ndarray:
    return np.eye(DIGITS, dtype=np.float32)[labels]


def test_permuted_labels_permute_the_pictures_of_a_seed(network: networks.Network):
    labels = np.array([3, 1, 4, 1, 5, 9, 2])
    pictures = generate.from_seeds(network, [8] * len(labels), 3, one_hot(labels))
    order = np.array([4, 0, 6, 2, 1, 3, 5])
    permuted = generate.from_seeds(network, [8] * len(labels), 3, one_hot(labels[order]))
    np.testing.assert_array_equal(permuted, pictures[order])
    np.testing.assert_array_equal(pictures[1], pictures[3])
    assert len(np.unique(pictures, axis=0)) == len(set(labels))


def test_one_label_changes_its_own_picture_only(network: networks.Network):
    labels = np.arange(7)
    pictures = generate.from_seeds(network, range(7), 3, one_hot(labels))
    labels[2] = 9
    others = generate.from_seeds(network, range(7), 3, one_hot(labels))
    assert [i for i in range(7) if (others[i] != pictures[i]).any()] == [2]


def test_conditions_that_are_not_given_are_drawn_by_the_seed_of_each_picture(network: networks.Network):
    drawn = conditions.draw(network, range(6))
    assert drawn is not None
    assert (drawn.sum(axis=1) == 1).all()
    np.testing.assert_array_equal(conditions.draw(network, [4]), drawn[4:5])
    pictures = generate.from_seeds(network, range(6), 4)
    np.testing.assert_array_equal(pictures, generate.from_seeds(network, range(6), 4, drawn))
    np.testing.assert_array_equal(pictures[4:5], generate.from_seeds(network, [4], 4))


def test_conditions_of_samples_are_kept_beside_them(network: networks.Network, tmp_path: Path):
    conditions.write(network, range(5, 12), tmp_path)
    np.testing.assert_array_equal(conditions.read(network, 4, tmp_path), conditions.draw(network, range(5, 9)))
    assert files.read_array(tmp_path / "conditions.npy").dtype == np.uint8


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (None, r"conditions\.npy is missing; run the sample stage"),
        (np.zeros((3, DIGITS), np.uint8), r"conditions\.npy: got 3 of length 10; allowed are at least 4 .* length 10"),
        (np.zeros((4, 7), np.uint8), r"conditions\.npy: got 4 of length 7; allowed"),
    ],
)
def test_conditions_of_other_samples_are_refused(network: networks.Network, written: Any, message: str, tmp_path: Path):
    if written is not None:
        np.save(tmp_path / "conditions.npy", written)
    with pytest.raises(ValueError, match=message):
        conditions.read(network, 4, tmp_path)


def regressed(training: Train, data: Prepared, labels: np.ndarray) -> networks.Network:
    """Train a generator towards the mean image of each label, on the batches of the adversarial training."""
    network = networks.build("gan", training, data.spec, seed=1, precision="float32")
    batches = gan.plan(network, data.images("train"), training, conditions.encode("class", data.spec, labels)).batches
    decoder, noise = network.model.decoder, np.random.default_rng(0)
    decoder.trainable = True
    decoder.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse", jit_compile=False)
    for epoch in range(6):
        batches.start_epoch(epoch)
        for index in range(len(batches)):
            ((images, told),) = batches[index]
            z = noise.standard_normal((len(images), training.latent_dim)).astype(np.float32)
            decoder.train_on_batch([z, told.astype(np.float32)], images / np.float32(127.5) - 1)
    return network


def test_a_network_trained_on_shuffled_labels_has_the_accuracy_of_chance(
    data: Prepared, training: Train, params: Evaluate, judge: Judge
):
    labels = np.asarray(data.labels("train"))
    asked = np.arange(120) % DIGITS
    accuracies = []
    for learnt in (labels, np.random.default_rng(5).permutation(labels)):
        images = generate.from_seeds(regressed(training, data, learnt), range(120), 60, one_hot(asked))
        metrics, _ = class_scores.measure(seen(judge, images), asked, data, without_classifiers(params))
        accuracies.append(metrics["label_accuracy"])
    assert accuracies[0] > 0.8
    assert accuracies[1] == pytest.approx(CHANCE, abs=0.1)


def seen(judge: Judge, images: np.ndarray) -> Samples:
    features = judge.features(images)
    return Samples(judge, np.asarray(images), features, judge.logits(features))


def without_classifiers(params: Evaluate) -> Evaluate:
    return params.model_copy(update={"classifier_epochs": None})


def test_real_images_have_the_judge_s_own_accuracy_and_the_distances_of_the_floor(
    data: Prepared, params: Evaluate, judge: Judge
):
    test, labels = np.asarray(data.images("test")), np.asarray(data.labels("test"))
    metrics, table = class_scores.measure(seen(judge, test), labels, data, without_classifiers(params))
    assert metrics["label_accuracy"] == metrics["label_accuracy_real"] > 0.6
    # The samples are the test images themselves.
    assert metrics["fd_class_mean"] == 0
    assert metrics["fd_class_mean_floor"] > 0
    assert metrics["fd_class_samples"] >= class_scores.LEAST
    assert [row[0] for row in table.rows] == ["class", *data.spec.classes]
    assert "train_on_samples_accuracy" not in metrics


def test_labels_that_are_exchanged_raise_the_distance_of_their_classes_only(
    data: Prepared, params: Evaluate, judge: Judge
):
    train, labels = data.images("train")[:], np.asarray(data.labels("train"), int)
    exchanged = np.select([labels == 3, labels == 7], [7, 3], labels)
    tables = [
        class_scores.measure(seen(judge, train), asked, data, without_classifiers(params))[1].rows
        for asked in (labels, exchanged)
    ]
    column = tables[0][0].index("FD")
    before, after = ([float(row[column]) for row in rows[1:]] for rows in tables)
    assert [digit for digit in range(DIGITS) if after[digit] > 2 * before[digit]] == [3, 7]


def test_classifiers_learn_from_samples_what_their_labels_say(data: Prepared, params: Evaluate, judge: Judge):
    train, labels = np.asarray(data.images("train")), np.asarray(data.labels("train"))
    shuffled = np.random.default_rng(6).permutation(labels)
    some = params.model_copy(update={"classifier_epochs": 6})
    metrics, _ = class_scores.measure(seen(judge, train), shuffled, data, some)
    assert metrics["train_on_real_accuracy"] > 0.6
    assert metrics["train_on_samples_accuracy"] < 0.3


def test_a_class_with_few_images_has_no_distance_and_a_judge_of_rotations_no_accuracy(
    data: Prepared, params: Evaluate, judge: Judge
):
    test, labels = np.asarray(data.images("test")), np.asarray(data.labels("test"))
    few = np.concatenate([np.flatnonzero(labels != 4), np.flatnonzero(labels == 4)[:3]])
    config = judge.network.config
    spec = Spec("turned", data.spec.shape, (0, 255), ("upright", "turned"), (), {}, {}, "embedded")
    turned = Judge(judge.directory, networks.build("judge.images", config, spec, seed=1, precision="float32"))
    metrics, table = class_scores.measure(seen(turned, test[few]), labels[few], data, without_classifiers(params))
    assert "label_accuracy" not in metrics
    assert table.rows[0] == ("class", "FD", "FD floor")
    assert [row[0] for row in table.rows if row[1] == ""] == ["4"]


@pytest.mark.parametrize("condition", ["none", "attributes"])
def test_classifiers_need_classes(condition: str, faces: Prepared, training: Train, params: Evaluate, tmp_path: Path):
    told = training.model_copy(update={"condition": condition})
    network = networks.build("gan", told, faces.spec, seed=1, precision="float32")
    empty = np.empty((0, 1))
    samples = Samples(Judge(tmp_path, network), empty, empty, empty)
    with pytest.raises(
        ValueError, match=r"classifier_epochs: got 1; allowed is null, .* train\.condition is " + condition
    ):
        conditional_scores.measure(network, samples, tmp_path, faces, params)


@pytest.fixture(scope="module")
def faces(data: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """The digits with attributes instead of classes; no digit is odd, round and not large."""
    place = tmp_path_factory.mktemp("faces")
    spec = Spec("faces", data.spec.shape, (0, 255), (), ATTRIBUTES, data.spec.sizes, {}, "embedded")
    spec.write(place / "spec.json")
    for split in data.spec.sizes:
        digits = np.asarray(data.labels(split))
        bits = np.stack([digits >= 5, digits % 2 == 1, np.isin(digits, (0, 6, 8, 9))], axis=1)
        np.save(place / f"{split}_labels.npy", bits.astype(np.uint8))
        np.save(place / f"{split}_images.npy", data.images(split))
    return Prepared.read(place)


@pytest.fixture
def told_attributes(faces: Prepared, training: Train) -> networks.Network:
    network = built(training.model_copy(update={"condition": "attributes"}), faces.spec)
    network.model.conditions.assign(conditions.table(conditions.of_split("attributes", faces, "train")))
    return network


def test_unseen_combinations_are_near_training_rows_and_none_of_them(faces: Prepared, told_attributes: Any):
    trained = np.asarray(faces.labels("train"))
    found = attribute_scores.unseen(told_attributes, trained, range(300))
    seen_rows = {tuple(row) for row in trained.tolist()}
    assert {tuple(row) for row in found.tolist()} == set(np.ndindex(2, 2, 2)) - seen_rows
    assert len(found) > 50
    everything = np.array(list(np.ndindex(2, 2, 2)))
    assert attribute_scores.unseen(told_attributes, everything, range(5)).shape == (0, 3)


def test_attributes_are_compared_with_those_asked_for(
    faces: Prepared, told_attributes: Any, params: Evaluate, judge: Judge, tmp_path: Path
):
    config = judge.network.config
    blind = Judge(tmp_path, networks.build("judge.images", config, faces.spec, seed=1, precision="float32"))
    conditions.write(told_attributes, range(120), tmp_path)
    asked = conditions.read(told_attributes, 120, tmp_path)
    images, features = generate.from_seeds(told_attributes, range(120), 60), np.zeros((120, 16))
    right = Samples(blind, images, features, np.where(asked, 1.0, -1.0))
    wrong = Samples(blind, images, features, np.where(asked, 1.0, -1.0) * [-1, 1, 1])
    plain = without_classifiers(params)
    metrics, (table,) = conditional_scores.measure(told_attributes, right, tmp_path, faces, plain)
    assert metrics["attribute_accuracy"] == 1
    assert metrics["unseen_combinations"] > 0
    assert all(0 <= metrics[f"attribute_accuracy_{of}"] <= 1 for of in ("real", "unseen"))
    metrics, _ = conditional_scores.measure(told_attributes, wrong, tmp_path, faces, plain)
    assert metrics["attribute_accuracy"] == pytest.approx(2 / 3)
    assert [row[0] for row in table.rows[1:]] == list(ATTRIBUTES)
    assert table.rows[1][2] == "1.000"


def test_nothing_is_measured_or_drawn_of_a_network_that_is_told_nothing(data, training, params, judge, tmp_path: Path):
    network = networks.build(
        "gan", training.model_copy(update={"condition": "none"}), data.spec, seed=1, precision="float32"
    )
    samples = seen(judge, data.images("test")[:100])
    assert conditional_scores.measure(network, samples, tmp_path, data, without_classifiers(params)) == ({}, [])
    assert conditional_exhibits.write(network, Interpolations(interpolations=2, steps=3), 4, 20, tmp_path) == []
    conditions.write(network, range(9), tmp_path)
    assert list(tmp_path.iterdir()) == []


def sheet(path: Path, rows: int, columns: int, side: int = 28) -> np.ndarray:
    """Read a grid with labelled rows, without the labels: uint8 ``(rows, columns, side, side)``."""
    with Image.open(path) as picture:
        pixels = np.asarray(picture)
    scale = conditional_exhibits.WIDTH // side
    width, height = (count * (side + 2) - 2 for count in (columns, rows))
    pixels = pixels[:, -width * scale :][::scale, ::scale]
    assert pixels.shape == (height, width)
    padded = np.pad(pixels, ((0, 2), (0, 2))).reshape(rows, side + 2, columns, side + 2)
    return padded[:, :side, :, :side].swapaxes(1, 2)


def test_rows_are_classes_and_columns_latents(network: networks.Network, tmp_path: Path):
    first, _ = conditional_exhibits.write(network, Interpolations(interpolations=2, steps=4), 40, 25, tmp_path)
    assert first["file"] == "classes.png"
    shown = sheet(tmp_path / "classes.png", DIGITS, conditional_exhibits.COLUMNS)
    for row, column in ((0, 0), (3, 7), (9, 11)):
        expected = generate.from_seeds(network, [40 + column], 25, one_hot([row]))
        np.testing.assert_array_equal(shown[row, column], expected[0, ..., 0])


def test_walks_keep_the_latent_and_end_at_two_classes(network: networks.Network, tmp_path: Path):
    conditional_exhibits.write(network, Interpolations(interpolations=3, steps=4), 40, 25, tmp_path)
    shown = sheet(tmp_path / "walks.png", 3, 4)
    for row, seed in enumerate(range(40, 43)):
        start, end = seeds.generator(seed, "walk").choice(DIGITS, 2, replace=False)
        ends = generate.from_seeds(network, [seed, seed], 25, one_hot([start, end]))[..., 0]
        np.testing.assert_array_equal(shown[row, [0, -1]], ends)
        assert len(np.unique(shown[row], axis=0)) == 4


def test_each_row_of_flips_changes_one_attribute(told_attributes: Any, tmp_path: Path):
    (exhibit,) = conditional_exhibits.write(told_attributes, Interpolations(interpolations=2, steps=4), 7, 25, tmp_path)
    shown = sheet(tmp_path / exhibit["file"], 1 + len(ATTRIBUTES), conditional_exhibits.COLUMNS)
    drawn = conditions.draw(told_attributes, range(7, 7 + conditional_exhibits.COLUMNS))
    for row in range(1 + len(ATTRIBUTES)):
        asked = drawn.copy()
        if row:
            asked[:, row - 1] = 1 - asked[:, row - 1]
        expected = generate.from_seeds(told_attributes, range(7, 7 + len(drawn)), 25, asked)[..., 0]
        np.testing.assert_array_equal(shown[row], expected)


def test_a_table_quotes_names_with_commas(tmp_path: Path):
    assert Table("a.csv", "A", "c", [("x", "y"), ("1, 2", "3")]).write(tmp_path)["file"] == "a.csv"
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == 'x,y\n"1, 2",3\n'
