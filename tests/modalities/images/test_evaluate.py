"""Evaluation of images: bounds equal closed forms, distances are relative to their floor, copies are found."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atelier.core import files
from atelier.core.prepared import Prepared
from atelier.families.vae import evaluate as evaluation
from atelier.families.vae import network as vae
from atelier.families.vae.params import Evaluate
from atelier.modalities.images import evaluate as images
from atelier.modalities.images import judge as judging
from atelier.modalities.judge import Judge
from atelier.networks import network as networks
from atelier.params import file

Metrics = dict[str, float]
LOG_2 = float(np.log(2))


@pytest.fixture(scope="module")
def data(prepared: Path) -> Prepared:
    return Prepared.read(prepared)


@pytest.fixture(scope="module")
def params(params_file: Path) -> Evaluate:
    return file.read(params_file).entry("runs", "mnist-vae").evaluate


@pytest.fixture
def network(data: Prepared, params_file: Path) -> networks.Network:
    train = file.read(params_file).entry("runs", "mnist-vae").train.model_copy(update={"latent_dim": 3})
    return networks.build("vae", train, data.spec, seed=1, precision="float32")


def set_biases(model: vae.VAE, *layers: tuple[str, Any]) -> None:
    """Set the kernels of some layers of encoder and decoder to zero, and their biases to the given values."""
    by_name = {layer.name: layer for half in (model.encoder, model.decoder) for layer in half.layers}
    for name, bias in layers:
        kernel, current = by_name[name].weights
        kernel.assign(np.zeros(kernel.shape))
        current.assign(np.broadcast_to(bias, current.shape))


def test_loss_of_a_constant_network_is_log_two_for_each_pixel(network, data: Prepared, params: Evaluate):
    set_biases(network.model, ("z_mean", 0), ("z_log_var", 0), ("pixels", 0))
    scores = evaluation.bound(network, np.asarray(data.images("test")), params)
    assert scores["kl"] == 0
    assert scores["active_units"] == 0
    for name in ("loss", "reconstruction", "importance_weighted_bound"):
        assert scores[name] == pytest.approx(784 * LOG_2, rel=1e-6), name


def test_importance_weights_remove_the_kl_of_a_posterior_that_ignores_the_image(network, data, params):
    mean, variance = np.array([0.7, -0.2, 0.0]), np.array([1.6, 1.0, 1.3])
    set_biases(network.model, ("z_mean", mean), ("z_log_var", np.log(variance)), ("pixels", 0))
    many = params.model_copy(update={"importance_samples": 32})
    scores = evaluation.bound(network, np.asarray(data.images("test")), many)
    kl = 0.5 * float((mean**2 + variance - 1 - np.log(variance)).sum())
    assert scores["kl"] == pytest.approx(kl, rel=1e-5)
    assert scores["reconstruction"] == pytest.approx(784 * LOG_2, rel=1e-6)
    assert scores["loss"] == pytest.approx(784 * LOG_2 + kl, rel=1e-6)
    # Here log p(x) = −784·log 2 for every z, so the bound becomes tight with growing k.
    assert scores["importance_weighted_bound"] == pytest.approx(784 * LOG_2, abs=0.2 * kl)


def test_importance_weighted_bound_falls_with_the_number_of_draws_and_stays_below_the_loss(network, data, params):
    # A posterior that is too wide and shifted leaves a large gap.
    set_biases(network.model, ("z_mean", 0.5), ("z_log_var", 0.7))
    test = np.asarray(data.images("test"))
    scores = [evaluation.bound(network, test, params.model_copy(update={"importance_samples": k})) for k in (1, 4, 16)]
    bounds = [score["importance_weighted_bound"] for score in scores]
    assert bounds[0] > bounds[1] + 0.1 > bounds[2] + 0.15
    # With a single draw the two differ only in how they estimate the KL divergence.
    assert bounds[0] == pytest.approx(scores[0]["loss"], abs=0.5)
    assert bounds[2] < scores[2]["loss"] - 0.3


def test_bound_agrees_with_the_training_objective(network, data: Prepared, params: Evaluate):
    test = np.asarray(data.images("test"))
    network.model.compile(optimizer="sgd", jit_compile=False)
    validated = network.model.evaluate(test, batch_size=50, verbose=0, return_dict=True)
    scores = evaluation.bound(network, test, params.model_copy(update={"importance_samples": 5}))
    assert scores["kl"] == pytest.approx(validated["kl"], rel=1e-4)
    assert scores["reconstruction"] == pytest.approx(validated["reconstruction"], rel=5e-3)


def test_bound_is_reproducible_and_does_not_depend_on_the_batch(network, data: Prepared, params: Evaluate):
    test = np.asarray(data.images("test"))
    first = evaluation.bound(network, test, params)
    assert evaluation.bound(network, test, params) == first
    assert evaluation.bound(network, test, params.model_copy(update={"batch": 7})) == pytest.approx(first, rel=1e-6)


def test_latents_are_active_if_their_mean_varies_with_the_image(network, data: Prepared, params: Evaluate):
    kernel, _ = network.model.encoder.get_layer("z_mean").weights
    # Scaled so that the first latent's mean varies far more than 0.01, the second's far less, the third's not at all.
    spread = np.asarray(network.model.encoder.predict(data.images("test"), verbose=0)[0]).std(axis=0)
    kernel.assign(np.asarray(kernel) / spread * [1.0, 0.01, 0.0])
    assert evaluation.bound(network, np.asarray(data.images("test")), params)["active_units"] == 1


def test_likelihood_of_an_image_does_not_depend_on_its_chunk(network, data: Prepared, monkeypatch):
    pictures = np.asarray(data.images("test"))[:7]
    z = np.random.default_rng(2).normal(size=(7, 3)).astype(np.float32)
    whole = evaluation.reconstruction_nats(network, pictures, z, batch=4)
    monkeypatch.setattr(evaluation, "CHUNK", 3)
    np.testing.assert_allclose(evaluation.reconstruction_nats(network, pictures, z, batch=4), whole, rtol=1e-6)
    assert whole.shape == (7,)


def write_samples(directory: Path, pictures: np.ndarray) -> Path:
    directory.mkdir(exist_ok=True)
    np.save(directory / "samples.npy", pictures)
    return directory


@pytest.fixture(scope="module")
def draws(data: Prepared, params_file: Path) -> dict[str, np.ndarray]:
    return judging.draws(data, file.read(params_file).entry("judges", "mnist").gauge)


@pytest.fixture
def distances(judge: Path, draws: dict[str, np.ndarray], params: Evaluate, tmp_path: Path) -> Callable[[str], Metrics]:
    """Measure the distances of samples that are one of the draws."""

    def measure(name: str) -> Metrics:
        samples = images.Samples.read(judge, write_samples(tmp_path, draws[name]), params.samples)
        return samples.judge.distances(samples.features, params)

    return measure


def test_distances_of_the_train_draw_are_the_floor(distances):
    scores = distances("train")
    assert scores["fd"] == scores["fd_floor"] > 0
    assert scores["kid"] == scores["kid_floor"]


def test_distances_of_the_test_draw_are_zero(distances):
    scores = distances("test")
    assert scores["fd"] == 0
    assert scores["precision"] == scores["recall"] == scores["coverage"] == 1


def test_distances_include_floor_ceiling_and_the_number_of_samples(distances, judge: Path, params: Evaluate):
    scores = distances("noise")
    names = "fd fd_floor fd_ceiling kid kid_std kid_floor precision recall density coverage samples"
    assert set(scores) == set(names.split())
    assert scores["samples"] == params.samples
    gauge = files.read_json(judge / "judge.json")["gauge"]
    assert scores["fd_floor"] == pytest.approx(gauge["floor"]["fd"])
    assert scores["fd_ceiling"] == pytest.approx(max(gauge[name]["fd"] for name in Judge.load(judge).ceilings))


def test_too_few_samples_are_refused(draws, judge: Path, tmp_path: Path):
    with pytest.raises(ValueError, match=r"evaluate\.samples: got 120; .*samples\.npy holds 17 "):
        images.Samples.read(judge, write_samples(tmp_path, draws["train"][:17]), 120)


def test_copies_of_training_images_have_the_distance_zero(data, judge: Path, params: Evaluate, draws, tmp_path: Path):
    copies, fresh = (
        images.memorisation(
            images.Samples.read(judge, write_samples(tmp_path / name, draws[name]), params.samples),
            data,
            params.shown,
            tmp_path,
        )
        for name in ("train", "test")
    )
    assert copies["neighbour_distance"] == 0
    assert fresh["neighbour_distance"] > 0
    assert copies["neighbour_distance_test"] == fresh["neighbour_distance_test"] > 0


def test_classes_of_samples_are_predicted_by_the_judge(data: Prepared, judge: Path, draws):
    logits = np.eye(10)[[0] * 90 + [3] * 30]
    samples = images.Samples(Judge.load(judge), draws["train"], np.empty((120, 8)), logits)
    shares = images.classes(samples, data)
    assert shares["samples"] == dict.fromkeys("0123456789", 0.0) | {"0": 0.75, "3": 0.25}
    assert sum(shares["test"].values()) == pytest.approx(1)
    assert samples.judge.entropy(logits) == pytest.approx(-(0.75 * np.log(0.75) + 0.25 * np.log(0.25)))


def test_evaluation_writes_every_metric_and_is_reproducible(network, data, judge, params, tmp_path: Path, draws):
    samples = write_samples(tmp_path / "samples", draws["blur"])
    for name in ("a", "b"):
        evaluation.evaluate(network, data, judge, samples, params, tmp_path / name)
    written = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert written == ["classes.json", "metrics.json", "neighbours.png", "pictures.json"]
    for name in written:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    metrics = files.read_json(tmp_path / "a/metrics.json")
    names = "fd fd_floor fd_ceiling kid kid_std kid_floor precision recall density coverage samples class_entropy"
    assert set(names.split()) | {"loss", "reconstruction", "kl", "active_units", "psnr", "ssim"} <= set(metrics)
    assert all(np.isfinite(value) for value in metrics.values())
