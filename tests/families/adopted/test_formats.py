"""Networks of every version of Keras draw, once adopted, what they drew before."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import foreign_files
import keras
import numpy as np
import pytest
from keras import layers
from scipy.stats import norm

from atelier.core import seeds
from atelier.core.prepared import Prepared
from atelier.families.adopted.params import Train
from atelier.families.adopted.train import adopt
from atelier.modalities.images import generate
from atelier.networks import network as networks
from atelier.networks.network import Network

SEEDS = range(24)


@pytest.fixture
def adopted(prepared: Path, tmp_path: Path) -> Callable[..., Network]:
    """Adopt a file for the small twin of MNIST, and load what was saved."""

    def load(path: Path, **changes: Any) -> Network:
        network = adopt(Prepared.read(prepared), Train.model_validate(foreign_files.section(path, **changes)))
        networks.save(network, tmp_path / "saved")
        return networks.load(tmp_path / "saved")

    return load


def latents(network: Network) -> np.ndarray:
    return seeds.latents(SEEDS, network.config.latent_dim)


def assert_draws(network: Network, grey: Any) -> None:
    """The network draws pictures with these grey levels from 0 to 1, give or take a rounded one."""
    drawn = generate.from_seeds(network, SEEDS, 8)
    expected = np.rint(255 * np.clip(np.asarray(grey).reshape(drawn.shape), 0, 1))
    assert np.abs(drawn - expected).max() <= 1
    assert expected.std() > 10


def test_generator_of_keras_2_3_with_an_embedded_label(adopted: Callable[..., Network], tmp_path: Path) -> None:
    weights = foreign_files.conditional(tmp_path / "generator.h5")
    label, latent = keras.Input((1,)), keras.Input((6,))
    x = layers.Concatenate()([layers.Flatten()(layers.Embedding(10, 5)(label)), latent])
    x = layers.Reshape((7, 7, 1))(layers.LeakyReLU(0.2)(layers.Dense(49)(x)))
    x = layers.Conv2DTranspose(3, 4, strides=2, padding="same", activation="relu")(x)
    model = keras.Model([label, latent], layers.Reshape((28, 28, 1))(layers.Dense(4, activation="tanh")(x)))
    model.set_weights(weights)

    network = adopted(tmp_path / "generator.h5", inputs__latent="normal")
    found = network.config
    assert (found.latent_dim, found.label, found.labels, found.latent_first) == (7, "integer", 10, False)
    assert found.output_range == "-1..1"
    z = latents(network)
    index = np.floor(10 * norm.cdf(z[:, 6:]))
    assert len(np.unique(index)) > 5
    assert_draws(network, (model([index, z[:, :6]]) + 1) / 2)


def test_nested_generator_of_keras_2_10(adopted: Callable[..., Network], tmp_path: Path) -> None:
    weights = foreign_files.nested(tmp_path / "generator.hdf5")
    normalise, last = layers.BatchNormalization(), layers.Dense(16, activation="sigmoid")
    shape = [layers.Reshape((7, 7, 2)), last, layers.Reshape((28, 28))]
    model = keras.Sequential([keras.Input((4,)), layers.Dense(98, use_bias=False), normalise, layers.ReLU(), *shape])
    kernel, gamma, beta, *dense, mean, variance = weights
    model.set_weights([kernel, gamma, beta, mean, variance, *dense])

    network = adopted(tmp_path / "generator.hdf5")
    assert (network.config.latent, network.config.output_range) == ("normal", "0..1")
    assert_draws(network, model(latents(network)))


@pytest.mark.parametrize(("variance", "latent"), [(1.0, "normal"), (1 / 3, "uniform")])
def test_distribution_of_latents_is_found_in_a_batch_normalisation(
    variance: float, latent: str, adopted: Callable[..., Network], tmp_path: Path
) -> None:
    foreign_files.nested(tmp_path / "generator.h5", variance)
    assert adopted(tmp_path / "generator.h5").config.latent == latent


def test_archive_of_keras_2_13_with_uniform_latents_and_logits(adopted: Callable[..., Network], tmp_path: Path) -> None:
    kernel, bias, kernel_2, bias_2 = foreign_files.archived(tmp_path / "generator.keras")
    network = adopted(tmp_path / "generator.keras", inputs__latent="uniform", output__range="logits")
    z = 2 * norm.cdf(latents(network)) - 1
    assert_draws(network, 1 / (1 + np.exp(-(np.tanh(z @ kernel + bias) @ kernel_2 + bias_2))))


def randomise(model: keras.Model) -> None:
    draw = foreign_files.generator(3)
    for variable in model.weights:
        values = draw.normal(0, 0.4, tuple(variable.shape))
        variable.assign(np.abs(values) if "variance" in variable.path else values)


@pytest.mark.parametrize("suffix", ["keras", "h5"])
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_functional_generator_of_this_keras(suffix: str, adopted: Callable[..., Network], tmp_path: Path) -> None:
    latent, one_hot = keras.Input((1, 1, 5), name="noise"), keras.Input((10,), name="label")
    block = [layers.Dense(20, activation="gelu"), layers.BatchNormalization(), layers.Dense(20)]
    both = layers.Concatenate()([layers.Flatten()(latent), one_hot])
    twice = layers.Dense(20, activation=layers.LeakyReLU(0.1))
    x = keras.Sequential([keras.Input((15,)), *block, layers.Dropout(0.3)], name="stem")(both)
    x = layers.Add()([x, twice(twice(x))])
    x = layers.Dense(784, activation="sigmoid")(layers.LayerNormalization()(x))
    model = keras.Model([latent, one_hot], layers.Rescaling(255.0)(layers.Reshape((28, 28, 1))(x)))
    randomise(model)
    model.save(tmp_path / f"generator.{suffix}")

    network = adopted(tmp_path / f"generator.{suffix}", inputs__latent="uniform_01")
    assert (network.config.label, network.config.output_range) == ("one_hot", "0..255")
    share = norm.cdf(latents(network))
    label = np.eye(10)[np.floor(10 * share[:, 5]).astype(int)]
    assert_draws(network, model([share[:, :5].reshape(-1, 1, 1, 5), label]) / 255)


def test_pictures_of_another_size_are_converted_only_if_asked(adopted: Callable[..., Network], tmp_path: Path) -> None:
    latent = keras.Input((5,))
    model = keras.Model(latent, layers.Reshape((14, 14, 3))(layers.Dense(588, activation="tanh")(latent)))
    randomise(model)
    model.save(tmp_path / "colour.keras")
    with pytest.raises(ValueError, match=r"draws \(14, 14, 3\).* are \(28, 28, 1\); with output.fit: convert"):
        adopted(tmp_path / "colour.keras", inputs__latent="normal")
    network = adopted(tmp_path / "colour.keras", inputs__latent="normal", output__fit="convert")
    drawn = generate.from_seeds(network, SEEDS, 8)
    grey = ((np.asarray(model(latents(network))) + 1) / 2) @ [0.299, 0.587, 0.114]
    assert drawn.shape == (24, 28, 28, 1)
    assert np.abs(drawn[:, ::27, ::27, 0] / 255 - grey[:, ::13, ::13]).max() < 0.01


def test_label_can_be_appended_to_the_latent(adopted: Callable[..., Network], tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((13,)), layers.Dense(784, activation="sigmoid")])
    randomise(model)
    model.save(tmp_path / "appended.keras")
    network = adopted(tmp_path / "appended.keras", inputs__latent="normal", inputs__label="appended")
    z = latents(network)
    label = np.eye(10)[np.floor(10 * norm.cdf(z[:, 3])).astype(int)]
    assert_draws(network, model(np.concatenate([z[:, :3], label], axis=1)))
