"""Evaluation: bounds against closed forms, distances beside their floor, copies that are found out."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from atelier.core import files
from atelier.core.prepared import Prepared
from atelier.families.vae import evaluate as evaluation
from atelier.families.vae import network as vae
from atelier.families.vae.params import Evaluate
from atelier.modalities import judging as judge_features
from atelier.modalities.distances import distances
from atelier.modalities.images import evaluate as images
from atelier.modalities.images import judge as judging
from atelier.networks import network as networks
from atelier.params import file

LOG_2 = float(np.log(2))


@pytest.fixture(scope="module")
def data(prepared: Path) -> Prepared:
    return Prepared.read(prepared)


@pytest.fixture(scope="module")
def params(params_file: Path) -> Evaluate:
    return file.read(params_file).run("mnist-vae").evaluate


@pytest.fixture
def network(data: Prepared, params_file: Path) -> networks.Network:
    train = file.read(params_file).run("mnist-vae").train.model_copy(update={"latent_dim": 3})
    return networks.build("vae", train, data.spec, seed=1, precision="float32")


def rig(model: vae.VAE, *layers: tuple[str, Any]) -> None:
    """Give the named layers of encoder and decoder no weights but the given bias."""
    there = {layer.name: layer for half in (model.encoder, model.decoder) for layer in half.layers}
    for name, bias in layers:
        kernel, old = there[name].weights
        kernel.assign(np.zeros(kernel.shape))
        old.assign(np.broadcast_to(bias, old.shape))


def test_indifferent_network_costs_log_two_a_pixel_and_no_kl(network, data: Prepared, params: Evaluate):
    rig(network.model, ("z_mean", 0), ("z_log_var", 0), ("pixels", 0))
    scores = evaluation.bound(network, np.asarray(data.images("test")), params)
    assert scores["kl"] == 0
    assert scores["active_units"] == 0
    for name in ("loss", "reconstruction", "importance_weighted_bound"):
        assert scores[name] == pytest.approx(784 * LOG_2, rel=1e-6), name


def test_posterior_that_ignores_the_image_costs_its_kl_which_importance_weights_win_back(network, data, params):
    mean, variance = np.array([0.7, -0.2, 0.0]), np.array([1.6, 1.0, 1.3])
    rig(network.model, ("z_mean", mean), ("z_log_var", np.log(variance)), ("pixels", 0))
    many = params.model_copy(update={"importance_samples": 32})
    scores = evaluation.bound(network, np.asarray(data.images("test")), many)
    kl = 0.5 * float((mean**2 + variance - 1 - np.log(variance)).sum())
    assert scores["kl"] == pytest.approx(kl, rel=1e-5)
    assert scores["reconstruction"] == pytest.approx(784 * LOG_2, rel=1e-6)
    assert scores["loss"] == pytest.approx(784 * LOG_2 + kl, rel=1e-6)
    # Here log p(x) = −784·log 2 whatever z, so that the bound grows tight with k.
    assert scores["importance_weighted_bound"] == pytest.approx(784 * LOG_2, abs=0.2 * kl)


def test_importance_weighted_bound_falls_with_the_number_of_draws_and_stays_below_the_loss(network, data, params):
    # A posterior that is too wide and beside the prior leaves much to win.
    rig(network.model, ("z_mean", 0.5), ("z_log_var", 0.7))
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


def test_bound_is_the_same_number_again_whatever_the_batch(network, data: Prepared, params: Evaluate):
    test = np.asarray(data.images("test"))
    first = evaluation.bound(network, test, params)
    assert evaluation.bound(network, test, params) == first
    assert evaluation.bound(network, test, params.model_copy(update={"batch": 7})) == pytest.approx(first, rel=1e-6)


def test_units_are_active_when_their_mean_moves_with_the_image(network, data: Prepared, params: Evaluate):
    there = {layer.name: layer for layer in network.model.encoder.layers}
    kernel, _ = there["z_mean"].weights
    # Scaled so that the first latent's mean varies far more than 0.01, the second's far less, the third's not at all.
    spread = np.asarray(network.model.encoder.predict(data.images("test"), verbose=0)[0]).std(axis=0)
    kernel.assign(np.asarray(kernel) / spread * [1.0, 0.01, 0.0])
    assert evaluation.bound(network, np.asarray(data.images("test")), params)["active_units"] == 1


def test_likelihood_of_an_image_does_not_depend_on_the_chunk_that_it_is_in(network, data: Prepared, monkeypatch):
    pictures = np.asarray(data.images("test"))[:7]
    z = np.random.default_rng(2).normal(size=(7, 3)).astype(np.float32)
    whole = evaluation.reconstruction_nats(network, pictures, z, batch=4)
    monkeypatch.setattr(evaluation, "CHUNK", 3)
    np.testing.assert_allclose(evaluation.reconstruction_nats(network, pictures, z, batch=4), whole, rtol=1e-6)
    assert whole.shape == (7,)


def write_samples(path: Path, pictures: np.ndarray) -> Path:
    np.save(path, pictures)
    return path


@pytest.fixture(scope="module")
def draws(data: Prepared, params_file: Path) -> SimpleNamespace:
    return SimpleNamespace(**judging.draws(data, file.read(params_file).judge("mnist").gauge))


def test_samples_that_are_the_train_draw_score_exactly_the_floor(draws, judge: Path, params: Evaluate, tmp_path: Path):
    seen = images.judged(networks.load(judge), write_samples(tmp_path / "s.npy", draws.train), params.samples)
    scores = distances(seen.features, judge, params)
    assert scores["fd"] == scores["fd_floor"] > 0
    assert scores["kid"] == scores["kid_floor"]


def test_samples_that_are_the_test_draw_are_at_no_distance(draws, judge: Path, params: Evaluate, tmp_path: Path):
    seen = images.judged(networks.load(judge), write_samples(tmp_path / "s.npy", draws.test), params.samples)
    scores = distances(seen.features, judge, params)
    assert scores["fd"] == 0
    assert scores["precision"] == scores["recall"] == scores["coverage"] == 1


def test_distances_name_floor_ceiling_and_how_many_samples(draws, judge: Path, params: Evaluate, tmp_path: Path):
    seen = images.judged(networks.load(judge), write_samples(tmp_path / "s.npy", draws.noise), params.samples)
    scores = distances(seen.features, judge, params)
    names = "fd fd_floor fd_ceiling kid kid_std kid_floor precision recall density coverage samples"
    assert set(scores) == set(names.split())
    assert scores["samples"] == params.samples
    ceilings = files.read_json(judge / "judge.json")["gauge"]
    assert scores["fd_floor"] == pytest.approx(ceilings["floor"]["fd"])
    assert scores["fd_ceiling"] == pytest.approx(max(ceilings[name]["fd"] for name in judge_features.ceilings(judge)))


def test_too_few_samples_are_an_error_with_both_numbers(draws, judge: Path, tmp_path: Path):
    path = write_samples(tmp_path / "samples.npy", draws.train[:17])
    with pytest.raises(ValueError, match=r"120 samples are to be judged, but .*samples\.npy holds 17"):
        images.judged(networks.load(judge), path, 120)


def test_copies_of_training_images_are_at_distance_zero(data, judge: Path, params: Evaluate, draws, tmp_path: Path):
    network = networks.load(judge)
    copies = images.judged(network, write_samples(tmp_path / "copies.npy", draws.train), params.samples)
    fresh = images.judged(network, write_samples(tmp_path / "fresh.npy", draws.test), params.samples)
    of_copies = images.memorisation(copies, data, network, params.shown, tmp_path)
    of_fresh = images.memorisation(fresh, data, network, params.shown, tmp_path)
    assert of_copies["neighbour_distance"] == 0
    assert of_fresh["neighbour_distance"] > 0
    assert of_copies["neighbour_distance_test"] == of_fresh["neighbour_distance_test"] > 0


def test_classes_of_samples_are_the_judges_verdicts(data: Prepared, judge: Path, params: Evaluate, draws):
    verdicts = np.eye(10)[[0] * 90 + [3] * 30]
    shares, entropy = images.classes(
        images.Judged(draws.train, np.empty((120, 8)), verdicts), data, networks.load(judge)
    )
    assert shares["samples"] == dict.fromkeys("0123456789", 0.0) | {"0": 0.75, "3": 0.25}
    assert sum(shares["test"].values()) == pytest.approx(1)
    assert entropy == pytest.approx(-(0.75 * np.log(0.75) + 0.25 * np.log(0.25)))


def test_evaluation_writes_every_metric_and_the_same_bytes_again(network, data, judge, params, tmp_path: Path, draws):
    (tmp_path / "samples").mkdir()
    write_samples(tmp_path / "samples/samples.npy", draws.blur)
    for name in ("a", "b"):
        evaluation.evaluate(network, data, judge, tmp_path / "samples", params, tmp_path / name)
    written = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert written == ["classes.json", "metrics.json", "neighbours.png", "pictures.json"]
    for name in written:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    metrics = files.read_json(tmp_path / "a/metrics.json")
    names = "fd fd_floor fd_ceiling kid kid_std kid_floor precision recall density coverage samples class_entropy"
    assert set(names.split()) | {"loss", "reconstruction", "kl", "active_units", "psnr", "ssim"} <= set(metrics)
    assert all(np.isfinite(value) for value in metrics.values())
