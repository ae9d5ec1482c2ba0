"""Adversarial training: the discriminator is updated first, each network by the gradient of its own loss."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from atelier.core.spec import Spec
from atelier.families.gan import losses
from atelier.families.gan import network as gan
from atelier.families.gan.adversarial import Adversarial
from atelier.families.gan.params import Config
from atelier.params.strict import validate

CONFIG = {
    "condition": "none",
    "latent_dim": 6,
    "space_to_depth": 2,
    "resampling": "pooled",
    "generator_base": 8,
    "generator_filters": [4],
    "generator_norm": "none",
    "output_kernel": 3,
    "discriminator_filters": [4, 6, 6],
    "discriminator_features": 5,
    "dropout": 0.0,
    "loss": "relativistic",
    "r1": 3.0,
    "r2": 5.0,
    "label_smoothing": 0.0,
    "label_noise": 0.0,
    "augment": [],
    "ema": 0.0,
}
SPEC = Spec("faces", (8, 8, 3), (0, 255), tuple("abc"), (), {}, {}, "embedded")
FACES = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3), np.uint8)
TOLD = np.eye(3, dtype=np.uint8)[[0, 1, 2, 0, 1, 2]]
RATE = 0.01


def built(**changes: Any) -> Adversarial:
    keras.utils.set_random_seed(7)
    model = Adversarial(gan.build(validate(Config, CONFIG | changes, "train"), SPEC), keras.optimizers.SGD(RATE))
    model.compile(optimizer=keras.optimizers.SGD(RATE))
    return model


def arrays(variables: list[Any]) -> list[np.ndarray]:
    return [np.array(variable) for variable in variables]


def slopes_squared(discriminator: keras.Model, images: Any, told: list[Any]) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(images)
        logits = discriminator([images, *told] if told else images)
    return ops.mean(ops.sum(ops.square(tape.gradient(logits, images)), axis=(1, 2, 3)))


@pytest.mark.parametrize(
    ("loss", "condition", "r1", "r2"),
    [
        ("relativistic", "class", 3.0, 5.0),
        ("relativistic", "none", 0.0, 0.5),
        ("hinge", "none", 2.0, 0.0),
        ("non_saturating", "class", 0.0, 0.0),
        ("least_squares", "none", 0.0, 0.0),
    ],
)
def test_a_step_updates_the_discriminator_and_then_the_generator_against_it(
    loss: str, condition: str, r1: float, r2: float
):
    changes = {"loss": loss, "condition": condition, "r1": r1, "r2": r2}
    told = [ops.cast(TOLD, "float32")] if condition == "class" else []
    stepped, expected = built(**changes), built(**changes)
    latents = keras.random.normal((6, 6), seed=stepped.seed_generator)
    stepped.seed_generator.state.assign(expected.seed_generator.state)
    stepped.train_on_batch((FACES, TOLD) if told else FACES)

    generator, discriminator = expected.gan.generator, expected.gan.discriminator
    weights, real = expected.discriminator_weights, ops.cast(FACES, "float32") / 127.5 - 1
    fake = generator([latents, *told] if told else latents)
    with tf.GradientTape() as tape:
        tape.watch([variable.value for variable in weights])
        on_real, on_fake = (discriminator([images, *told] if told else images) for images in (real, fake))
        value = losses.discriminator_loss(expected.config, on_real, on_fake, expected.seed_generator)
        for weight, images in ((r1, real), (r2, fake)):
            value += 0.5 * weight * slopes_squared(discriminator, images, told)
    for variable, gradient in zip(
        weights, tape.gradient(value, [v.value for v in weights], unconnected_gradients="zero"), strict=True
    ):
        variable.assign(variable - RATE * gradient)
    with tf.GradientTape() as tape:
        fake = generator([latents, *told] if told else latents)
        on_real, on_fake = (discriminator([images, *told] if told else images) for images in (real, fake))
        value = losses.generator_loss(loss, on_fake, on_real)
    for variable, gradient in zip(
        generator.trainable_variables, tape.gradient(value, generator.trainable_variables), strict=True
    ):
        variable.assign(variable - RATE * gradient)

    before = built(**changes)
    for got, wanted, first in zip(*(arrays(model.gan.variables) for model in (stepped, expected, before)), strict=True):
        np.testing.assert_allclose(got - first, wanted - first, rtol=2e-3, atol=2e-7)
    for network in ("generator", "discriminator"):
        sides = (arrays(getattr(model.gan, network).variables) for model in (stepped, before))
        assert any(not np.array_equal(a, b) for a, b in zip(*sides, strict=True)), network


def test_dropout_of_the_discriminator_differs_from_step_to_step():
    model = built(dropout=0.5)
    (seed,) = (v for v in model.gan.discriminator.non_trainable_variables if "seed" in v.path)
    seen = [np.array(seed).tolist()]
    for _ in range(2):
        model.train_on_batch(FACES)
        seen.append(np.array(seed).tolist())
    assert len({tuple(state) for state in seen}) == 3


def test_checkpoints_contain_the_state_of_both_optimisers():
    keras.utils.set_random_seed(7)
    optimizer = keras.optimizers.Adam(RATE)
    model = Adversarial(gan.build(validate(Config, CONFIG, "train"), SPEC), optimizer)
    held = {id(variable) for variable in model.variables}
    assert all(id(variable) in held for variable in optimizer.variables)
    assert len(optimizer.variables) > 2 * len(model.discriminator_weights)
    assert not held & {id(variable) for variable in model.gan.variables} < {id(v) for v in model.gan.variables}


def test_average_follows_the_generator_and_its_normalisation():
    model = built(generator_norm="batch", resampling="strided", ema=0.9)
    generator = model.gan.generator
    expected, steps = arrays(generator.variables), []
    for _ in range(3):
        # The average uses the weights before the step, and the moments of normalisation after it.
        weights = {id(v): np.array(v) for v in generator.trainable_variables}
        model.train_on_batch(FACES)
        steps.append([weights.get(id(v), np.array(v)) for v in generator.variables])
    for step, weights in enumerate(steps):
        decay = min(0.9, (1 + step) / (10 + step))
        expected = [decay * average + (1 - decay) * value for average, value in zip(expected, weights, strict=True)]
    for average, value in zip(model.gan.averaged.variables, expected, strict=True):
        np.testing.assert_allclose(np.array(average), value, rtol=1e-4, atol=1e-6)
    moving = [v for v in model.gan.averaged.variables if "moving_mean" in v.path]
    assert moving
    assert all(np.any(np.array(v)) for v in moving)
