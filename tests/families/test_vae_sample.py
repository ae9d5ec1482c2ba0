"""Sampling: one seed per image, a manifold at quantiles of the prior, interpolations on the sphere."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from atelier.core.files import read_json
from atelier.core.mixture import Mixture
from atelier.core.prepared import Prepared
from atelier.families.vae import sample as vae
from atelier.modalities.images import exhibit, generate
from atelier.networks import batching
from atelier.networks import network as networks
from atelier.networks.architecture import diagram
from atelier.params import file


@pytest.fixture(scope="module")
def network(params_file: Path, prepared: Path) -> networks.Network:
    run = file.read(params_file).entry("runs", "mnist-vae")
    return networks.build("vae", run.train, Prepared.read(prepared).spec, seed=1, precision="float32")


@pytest.mark.parametrize("batch", [1, 3, 8])
def test_image_depends_on_its_seed_but_not_on_its_batch(network, batch: int):
    together = generate.from_seeds(network, range(10), batch=10)
    others = generate.from_seeds(network, [7, 2], batch=batch)
    np.testing.assert_array_equal(others, together[[7, 2]])


def test_different_seeds_give_different_latents_and_pictures(network):
    drawn = generate.from_seeds(network, range(20), batch=10)
    assert len({picture.tobytes() for picture in drawn}) == 20


def test_saved_network_is_restored(network, tmp_path: Path):
    networks.save(network, tmp_path)
    restored = networks.load(tmp_path)
    assert restored.config == network.config
    assert restored.spec == network.spec
    for saved, read in zip(network.model.weights, restored.model.weights, strict=True):
        np.testing.assert_array_equal(np.asarray(saved), np.asarray(read))


def test_optimiser_state_is_not_saved_with_the_weights(network, tmp_path: Path):
    networks.save(network, tmp_path / "bare")
    network.model.compile(optimizer="adam", jit_compile=False)
    network.model.optimizer.build(network.model.trainable_variables)
    networks.save(network, tmp_path / "compiled")
    sizes = [(tmp_path / name / networks.WEIGHTS).stat().st_size for name in ("bare", "compiled")]
    assert sizes[0] == sizes[1]


def test_missing_network_is_an_error_that_names_the_file(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"config\.json is missing"):
        networks.load(tmp_path)


def test_manifold_holds_equal_shares_of_the_prior():
    z = vae.plane(np.zeros((10, 2))).latents(4).reshape(4, 4, 2)
    np.testing.assert_allclose(z[0, :, 0], [-1.1503, -0.3186, 0.3186, 1.1503], atol=1e-4)
    np.testing.assert_allclose(z[:, 0, 1], z[0, ::-1, 0])


def test_manifold_of_a_large_latent_space_lies_in_the_plane_of_two_principal_components():
    means = np.random.default_rng(0).normal(size=(5000, 5)) * [0.1, 3, 0, 0.2, 2] + [0, 0, 7, 0, 0]
    plane = vae.plane(means)
    np.testing.assert_allclose(plane.axes, [[0, 3, 0, 0, 0], [0, 0, 0, 0, 2]], atol=0.1)
    z = plane.latents(3)
    np.testing.assert_allclose(z.mean(axis=0), [0, 0, 7, 0, 0], atol=0.1)
    np.testing.assert_allclose(plane.project(means).std(axis=0), 1, rtol=0.02)


def test_slerp_connects_its_ends_at_a_constant_radius():
    start, end = np.array([2.0, 0.0, 0.0]), np.array([0.0, 2.0, 0.0])
    path = exhibit.slerp(start, end, 9)
    np.testing.assert_allclose(path[[0, -1]], [start, end], atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), 2, rtol=1e-6)


def test_slerp_of_parallel_latents_is_a_straight_line():
    path = exhibit.slerp(np.array([1.0, 1.0]), np.array([2.0, 2.0]), 3)
    np.testing.assert_allclose(path, [[1, 1], [1.5, 1.5], [2, 2]], rtol=1e-6)


def test_every_picture_is_listed_and_written(network, prepared: Path, params_file: Path, tmp_path: Path):
    params = file.read(params_file).entry("runs", "mnist-vae").sample
    vae.sample(network, Prepared.read(prepared), params, tmp_path / "out")
    exhibits = read_json(tmp_path / "out" / "pictures.json")
    assert [entry["title"] for entry in exhibits] == [
        "Samples",
        "Latent manifold",
        "Reconstructions",
        "Interpolations",
        "Latents by class",
    ]
    for entry in exhibits:
        Image.open(tmp_path / "out" / entry["file"]).verify()
    samples = np.load(tmp_path / "out" / "samples.npy")
    np.testing.assert_array_equal(samples[:3], generate.from_seeds(network, range(params.seed, params.seed + 3), 3))


def test_sampling_is_reproducible(network, prepared: Path, params_file: Path, tmp_path: Path):
    params = file.read(params_file).entry("runs", "mnist-vae").sample
    for name in ("a", "b"):
        vae.sample(network, Prepared.read(prepared), params, tmp_path / name)
    for path in sorted((tmp_path / "a").iterdir()):
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


def test_more_reconstructions_than_test_images_are_refused(network, prepared: Path, params_file: Path, tmp_path: Path):
    params = file.read(params_file).entry("runs", "mnist-vae").sample.model_copy(update={"reconstructions": 999})
    with pytest.raises(ValueError, match=r"999 .*reconstructions.* 150"):
        vae.sample(network, Prepared.read(prepared), params, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_mixture_has_the_moments_of_the_posteriors_of_training_images(network, prepared: Path, params_file: Path):
    data = Prepared.read(prepared)
    params = (
        file.read(params_file)
        .entry("runs", "mnist-vae")
        .sample.model_copy(update={"prior": "mixture", "mixture_components": 3})
    )
    fitted = vae.fit_mixture(network, data, params)
    z = fitted.latents(range(400))
    means, log_vars = batching.apply(network.model.encoder, np.asarray(data.images("train")), 100)
    spread = np.sqrt(means.var(axis=0) + np.exp(log_vars).mean(axis=0))
    np.testing.assert_allclose(z.mean(axis=0), means.mean(axis=0), atol=4 * spread.max() / 20)
    np.testing.assert_allclose(z.std(axis=0), spread, rtol=0.2)
    np.testing.assert_array_equal(fitted.latents([7])[0], z[7])


def test_samples_from_a_mixture_are_those_that_a_reader_of_its_file_draws(
    network, prepared: Path, params_file: Path, tmp_path: Path
):
    params = file.read(params_file).entry("runs", "mnist-vae").sample.model_copy(update={"prior": "mixture"})
    vae.sample(network, Prepared.read(prepared), params, tmp_path / "out")
    again = replace(network, prior=Mixture.read(tmp_path / "out", network.config.latent_dim))
    samples = np.load(tmp_path / "out" / "samples.npy")
    numbers = range(params.seed, params.seed + params.samples)
    np.testing.assert_array_equal(samples, generate.from_seeds(again, numbers, params.batch))
    assert (samples != generate.from_seeds(network, numbers, params.batch)).any()


def test_diagram_counts_parameters_and_escapes_names():
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    svg = diagram({"<b>": network})
    assert "15 parameters" in svg
    assert "&lt;b&gt;" in svg
    assert "<b>" not in svg
