"""The networks of a GAN, what they are told, their losses and augmentations."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from atelier.core.spec import Spec
from atelier.families.gan import losses
from atelier.families.gan import network as gan
from atelier.families.gan.augmentations import augmented
from atelier.families.gan.params import Config
from atelier.params.strict import ParamsError, validate

SMALL = {
    "condition": "none",
    "latent_dim": 6,
    "space_to_depth": 1,
    "resampling": "strided",
    "generator_base": 8,
    "generator_filters": [6, 4],
    "generator_norm": "none",
    "output_kernel": 3,
    "discriminator_filters": [4, 6],
    "discriminator_features": 0,
    "dropout": 0.0,
    "loss": "non_saturating",
    "r1": 0.0,
    "r2": 0.0,
    "label_smoothing": 0.0,
    "label_noise": 0.0,
    "augment": [],
    "ema": 0.9,
}
TEXTBOOK = SMALL | {
    "latent_dim": 128,
    "generator_base": 128,
    "generator_filters": [128, 256, 512],
    "output_kernel": 5,
    "discriminator_filters": [64, 128, 128],
    "dropout": 0.2,
}
LOSSES = ("non_saturating", "least_squares", "hinge", "relativistic")
KINDS = ("translation", "cutout", "colour")


def config(**changes: Any) -> Config:
    return validate(Config, SMALL | changes, "train")


def spec(side: int) -> Spec:
    return Spec("faces", (side, side, 3), (0, 255), tuple("abc"), ("Smiling", "Male"), {}, {}, "embedded")


def built(**changes: Any) -> gan.GAN:
    keras.utils.set_random_seed(7)
    return gan.build(config(**changes), spec(16))


@pytest.fixture(scope="module")
def faces() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (8, 16, 16, 3), np.uint8)


def test_networks_of_the_textbook_have_its_numbers_of_parameters():
    model = gan.build(validate(Config, TEXTBOOK, "train"), spec(64))
    assert model.generator.count_params() == 3_979_651
    assert model.discriminator.count_params() == 404_801


def test_image_sizes_that_the_generator_cannot_reach_by_doubling_are_refused():
    with pytest.raises(ValueError, match=r"generator_filters: got \[6, 4\], .* divisible by 4; .* 18×18"):
        gan.build(config(), spec(18))


@pytest.mark.parametrize(
    "loss, discriminator, generator",
    [
        ("non_saturating", 2 * np.log(2), np.log(2)),
        ("least_squares", 0.5, 0.5),
        ("hinge", 2.0, 0.0),
        ("relativistic", np.log(2), np.log(2)),
    ],
)
def test_losses_of_an_undecided_discriminator_have_their_closed_form(loss: str, discriminator: float, generator: float):
    undecided = ops.zeros((4, 1))
    seed = keras.random.SeedGenerator(0)
    assert float(losses.discriminator_loss(config(loss=loss), undecided, undecided, seed)) == pytest.approx(
        discriminator
    )
    assert float(losses.generator_loss(loss, undecided, undecided)) == pytest.approx(generator)


@pytest.mark.parametrize(
    "loss, real, fake", [("hinge", 0.1, -0.1), ("least_squares", 0.6, 0.4), ("relativistic", 9.0, 8.0)]
)
def test_threshold_of_a_correct_classification_depends_on_the_loss(loss: str, real: float, fake: float):
    for a, b, expected in ((real, fake, 1.0), (fake, real, 0.0)):
        correct = losses.discriminator_accuracy(loss, ops.full((3, 1), a), ops.full((3, 1), b))
        assert [float(ops.mean(each)) for each in correct] == [expected, expected]


def test_discriminator_loss_is_lowest_at_the_smoothed_label():
    smoothed = config(label_smoothing=0.1)
    logits = np.linspace(-6, 6, 1201, dtype=np.float32)
    costs = [
        float(losses.discriminator_loss(smoothed, ops.full((1, 1), logit), ops.full((1, 1), -9.0), None))
        for logit in logits
    ]
    assert 1 / (1 + np.exp(-logits[int(np.argmin(costs))])) == pytest.approx(0.9, abs=2e-3)


def test_noisy_labels_stay_between_zero_and_one():
    noisy = config(loss="least_squares", label_noise=0.2)
    seed = keras.random.SeedGenerator(0)
    # (l − t)² is least at the label, so a logit of 1 costs at most 0.2² / 2 for a label in [0.8, 1].
    one, zero = ops.ones((500, 1)), ops.zeros((500, 1))
    cost = float(losses.discriminator_loss(noisy, one, zero, seed))
    assert cost == pytest.approx(0.2**2 / 3, rel=0.15)


@pytest.mark.parametrize("loss", ["hinge", "relativistic"])
def test_label_smoothing_is_refused_for_losses_without_labels(loss: str):
    with pytest.raises(ParamsError, match="label_smoothing"):
        config(loss=loss, label_smoothing=0.1)


@pytest.mark.parametrize("resampling", ["strided", "pooled"])
def test_one_condition_changes_its_own_row_and_permuted_conditions_permute_pictures(resampling: str):
    model = built(condition="class", resampling=resampling)
    z = np.repeat(np.random.default_rng(1).standard_normal((1, 6), np.float32), 6, axis=0)
    told = keras.utils.to_categorical([0, 1, 2, 0, 1, 2])
    pictures = np.array(model.generator([z, told]))
    assert np.abs(pictures[0] - pictures[1]).max() > 1e-3
    np.testing.assert_allclose(pictures[:3], pictures[3:], atol=1e-6)
    order = np.array([4, 0, 5, 2, 1, 3])
    np.testing.assert_allclose(np.array(model.generator([z, told[order]])), pictures[order], atol=1e-6)
    changed = told.copy()
    changed[2] = told[0]
    others = np.array(model.generator([z, changed]))
    np.testing.assert_allclose(np.delete(others, 2, axis=0), np.delete(pictures, 2, axis=0), atol=1e-6)
    np.testing.assert_allclose(others[2], pictures[0], atol=1e-6)


def test_discriminator_adds_the_product_of_features_and_condition(faces: np.ndarray):
    model = built(condition="attributes", resampling="pooled", discriminator_features=5)
    images = np.repeat(faces[:1], 4, axis=0).astype(np.float32) / 127.5 - 1
    conditions = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
    neither, first, second, both = np.array(model.discriminator([images, conditions]))
    assert abs(first - neither) > 1e-5
    assert both - neither == pytest.approx((first - neither) + (second - neither), abs=1e-5)


@pytest.mark.parametrize("condition", ["class", "attributes"])
def test_a_dataset_without_these_labels_is_refused(condition: str):
    bare = Spec("faces", (16, 16, 3), (0, 255), (), (), {}, {}, "embedded")
    with pytest.raises(ValueError, match=rf"condition: got {condition}; faces has no"):
        gan.build(config(condition=condition), bare)


def test_samples_come_from_the_averaged_generator_if_there_is_one():
    averaged, raw = built(ema=0.9), built(ema=0.0)
    assert averaged.decoder is averaged.averaged
    assert raw.decoder is raw.generator


@pytest.mark.parametrize("kind", KINDS)
def test_augmentation_is_different_for_each_image_and_differentiable(kind: str):
    images = ops.convert_to_tensor(
        np.tile(np.linspace(-1, 1, 16, dtype=np.float32)[None, :, None, None], (6, 1, 16, 3))
    )
    with tf.GradientTape() as tape:
        tape.watch(images)
        changed = augmented(images, [kind], keras.random.SeedGenerator(1))
        loss = ops.sum(ops.square(changed))
    changed = np.array(changed)
    assert len(np.unique(changed.reshape(6, -1).round(4), axis=0)) > 3
    assert np.isfinite(changed).all()
    assert np.abs(np.array(tape.gradient(loss, images))).sum() > 0


def test_translation_shifts_whole_pixels_and_fills_with_grey():
    images = np.zeros((64, 16, 16, 1), np.float32)
    images[:, 8, 8] = 1
    shifted = np.array(augmented(images, ["translation"], keras.random.SeedGenerator(2)))
    assert set(np.unique(shifted)) == {0.0, 1.0}
    rows, columns = np.nonzero(shifted[..., 0].any(axis=2))[1], np.nonzero(shifted[..., 0].any(axis=1))[1]
    assert set(rows) == set(columns) == {6, 7, 8, 9, 10}


def test_cutout_sets_a_square_of_half_a_side_to_zero():
    kept = np.array(augmented(np.ones((200, 16, 16, 1), np.float32), ["cutout"], keras.random.SeedGenerator(3)))
    zeros = (kept == 0).sum(axis=(1, 2, 3))
    assert zeros.max() == 8 * 8
    assert zeros.min() >= 4 * 4


def test_images_are_unchanged_without_augmentation(faces: np.ndarray):
    images = ops.cast(faces, "float32")
    assert augmented(images, [], keras.random.SeedGenerator(0)) is images
