"""Inversion of generators without an encoder: the inverter, its refinement, and the stage that uses them."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from atelier.core import files, seeds
from atelier.core.prepared import Prepared
from atelier.editing import inverter_training
from atelier.editing import space as spaces
from atelier.editing.edit import edit
from atelier.editing.inversion import Inverter
from atelier.editing.params import Edit, Inversion
from atelier.editing.space import Space
from atelier.metrics.images.similarity import psnr
from atelier.modalities.images import conditions
from atelier.modalities.judge import Judge
from atelier.networks import network as networks
from atelier.training import checkpoint

VECTORS = ["strip.png", "every_concept.png", "eyeglasses.png", "interpolations.png", "sums.png", "leakage.png"]
INVERSIONS = ["inversions.png", "inversions_own.png"]
SCORES = [f"{name}_smiling" for name in ("flip_rate", "identity_drift", "leakage")]
MEASURED = [f"inversion_{name}{of}" for name in ("agreement", "psnr", "ssim") for of in ("", "_own")]


@pytest.fixture(scope="session")
def inverted(generator, data: Prepared, judge: Path, inversion: Inversion, tmp_path_factory) -> Space:
    checkpoints = tmp_path_factory.mktemp("checkpoints")
    inverter = inverter_training.train(generator, data, Judge.load(judge), inversion, {}, checkpoints)
    return Space(generator, inverter, 50)


@pytest.fixture(scope="session")
def samples(inverted: Space) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Samples of the generator, with their latents and conditions."""
    z = seeds.latents(range(50), inverted.latent_dim)
    drawn = conditions.draw(inverted.network, range(50))
    return inverted.pictures(inverted.joined(z, drawn)), z, drawn


def test_inverter_finds_the_latents_of_own_samples_and_refinement_those_of_more_similar_images(inverted, samples):
    images, z, told = samples
    guess, refined = (inverted.points(images, told, refined=refined) for refined in (False, True))
    guessed = np.square(guess[:, : inverted.latent_dim] - z).mean()
    assert guessed < 0.8 * np.square(z).mean(), "no better than a constant"
    assert psnr(images, inverted.pictures(refined)) > psnr(images, inverted.pictures(guess)) + 0.5
    np.testing.assert_array_equal(refined, inverted.joined(refined[:, : inverted.latent_dim], told))


def test_latents_of_an_image_do_not_depend_on_the_others(inverted, samples):
    images, _, told = samples
    seven, two = (inverted.points(images[:n], None if told is None else told[:n]) for n in (7, 2))
    np.testing.assert_array_equal(seven[:2], two)


def test_strong_prior_keeps_latents_on_its_shell(inverted, samples, judge: Path):
    images, _, told = samples
    strong = replace(
        inverted.inverter.network,
        config=inverted.inverter.network.config.model_copy(update={"prior_weight": 100.0, "refine_steps": 50}),
    )
    near = Space(inverted.network, Inverter(strong, inverted.network, Judge.load(judge)), 50)
    lengths = np.square(near.points(images, told)[:, : near.latent_dim]).mean(axis=1)
    np.testing.assert_allclose(lengths, 1, atol=0.1)


def test_saved_inverter_computes_the_same_points(inverted, samples, judge: Path, tmp_path: Path):
    images, _, told = samples
    networks.save(inverted.network, tmp_path / "model")
    networks.save(inverted.inverter.network, tmp_path / "edit")
    loaded = spaces.load(tmp_path / "model", tmp_path / "edit", judge, 50)
    np.testing.assert_array_equal(loaded.points(images, told), inverted.points(images, told))


def test_interrupted_training_ends_with_the_same_bits(generator, data, judge, inversion, tmp_path: Path, monkeypatch):
    def train(place: Path) -> list[np.ndarray]:
        keras.utils.clear_session()
        trained = inverter_training.train(generator, data, Judge.load(judge), inversion, {}, tmp_path / place)
        return trained.encoder.get_weights()

    whole = train(tmp_path / "whole")
    save = checkpoint.save

    def save_and_stop(*arguments: object) -> None:
        save(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(checkpoint, "save", save_and_stop)
        train(tmp_path / "stopped")
    for first, second in zip(whole, train(tmp_path / "stopped"), strict=True):
        np.testing.assert_array_equal(first, second)


def test_a_point_is_a_latent_and_what_the_network_is_told(inverted, samples):
    images, _, told = samples
    points = inverted.points(images, told)
    assert points.shape == (50, inverted.latent_dim + (0 if told is None else 3))
    step = inverted.step(np.ones(inverted.latent_dim, np.float32))
    assert step[: inverted.latent_dim].all()
    assert not step[inverted.latent_dim :].any()
    path = inverted.between(points[0], points[1], 5)
    np.testing.assert_allclose(path[[0, -1]], points[:2], atol=1e-5)
    if told is not None:
        np.testing.assert_allclose(path[2, inverted.latent_dim :], told[:2].mean(axis=0))


def test_flip_sets_one_attribute_of_the_condition_and_keeps_the_latent(inverted, samples):
    _, z, told = samples
    if told is None:
        with pytest.raises(ValueError, match="no condition to flip"):
            inverted.flips()
        return
    flips = inverted.flips()
    assert flips.shape == (3, inverted.latent_dim + 3)
    points = inverted.joined(z, told)
    for attribute in range(3):
        wanted = told.copy()
        wanted[:, attribute] = 1
        # Adding what is there already changes nothing: conditions are cut at 1.
        expected = inverted.pictures(inverted.joined(z, wanted))
        np.testing.assert_array_equal(inverted.pictures(points + flips[attribute]), expected)


def test_stage_writes_everything_twice_with_equal_bytes(
    generator, data, judge, code, params, inversion, tmp_path: Path
):
    section = params.model_copy(update={"inversion": inversion, "family": "gan", "images": 60, "batch": 20})
    networks.save(generator, tmp_path / "model")
    for name in ("first", "second"):
        # Keras numbers layers per process and writes these names beside the weights.
        keras.utils.clear_session()
        edit(tmp_path / "model", data, judge, section, tmp_path / name, code, tmp_path / f"checkpoints-{name}")
    told = generator.config.condition == "attributes"
    exhibits = [exhibit["file"] for exhibit in files.read_json(tmp_path / "first" / "pictures.json")]
    flipped = ["both_ways.png", "ways.png"] if told else []
    assert sorted(exhibits) == sorted([*INVERSIONS, *VECTORS, *flipped])
    metrics = files.read_json(tmp_path / "first" / "metrics.json")
    assert sorted(metrics) == sorted([*SCORES, *MEASURED, *(f"{name}_condition" for name in SCORES if told)])
    names = sorted(path.name for path in (tmp_path / "first").iterdir())
    assert {"config.json", "model.weights.h5", "concepts.npy"} <= set(names)
    for name in names:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes(), name


def test_inversion_must_fit_the_network(generator, model, data, judge, code, params: Edit, inversion, tmp_path: Path):
    networks.save(generator, tmp_path / "gan")
    with pytest.raises(ValueError, match="inversion: got null; allowed is a mapping"):
        edit(tmp_path / "gan", data, judge, params, tmp_path / "out", code, tmp_path)
    unfit = params.model_copy(update={"inversion": inversion})
    with pytest.raises(ValueError, match="inversion: got a mapping; allowed is null, because this network has an enc"):
        edit(model, data, judge, unfit, tmp_path / "out", code, tmp_path)
