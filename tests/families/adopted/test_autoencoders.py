"""An encoder and a decoder, as two files or in one, become an autoencoder that reconstructs and interpolates."""

from pathlib import Path
from typing import Any

import foreign_files
import keras
import numpy as np
import pytest
from keras import layers

from atelier.core import files
from atelier.core.prepared import Prepared
from atelier.families.adopted.evaluate import evaluate
from atelier.families.adopted.params import Evaluate, Sample, Train
from atelier.families.adopted.sample import sample
from atelier.families.adopted.train import adopt
from atelier.modalities.images import generate
from atelier.networks import batching
from atelier.networks.network import Network

SAMPLE = {"samples": 120, "shown": 12, "interpolations": 2, "steps": 4, "reconstructions": 4, "batch": 32, "seed": 1}
EVALUATE = {"samples": 120, "neighbours": 3, "subsets": 3, "subset_size": 60, "shown": 4, "batch": 32, "seed": 1}
DIM = 12


@keras.saving.register_keras_serializable(package="Others")
class Sampling(layers.Layer):
    """A custom layer, as in the textbook."""

    def call(self, inputs: Any) -> Any:
        z_mean, z_log_var = inputs
        return z_mean + keras.ops.exp(0.5 * z_log_var) * keras.random.normal(keras.ops.shape(z_mean))


@keras.saving.register_keras_serializable(package="Others")
class VAE(keras.Model):
    """A subclassed model, whose file has its parts by name."""

    def __init__(self, encoder: keras.Model, decoder: keras.Model, **options: Any) -> None:
        super().__init__(**options)
        self.encoder, self.decoder = encoder, decoder

    def get_config(self) -> dict[str, Any]:
        return {"encoder": keras.saving.serialize_keras_object(self.encoder), "decoder": self.decoder.get_config()}

    def call(self, images: Any) -> Any:
        return self.decoder(self.encoder(images)[2])


@pytest.fixture(scope="module")
def halves(prepared: Path) -> tuple[keras.Model, keras.Model]:
    """The principal components of the images, as encoder and decoder of pixels from 0 to 1."""
    images = np.asarray(Prepared.read(prepared).images("train")).reshape(-1, 784) / 255
    centre = images.mean(axis=0)
    components = np.linalg.svd(images - centre, full_matrices=False)[2][:DIM]
    image, latent = keras.Input((28, 28, 1)), keras.Input((DIM,))
    to_mean = layers.Dense(DIM, name="z_mean")
    flat = layers.Flatten()(image)
    z_mean, z_log_var = to_mean(flat), layers.Dense(DIM, name="z_log_var", kernel_initializer="zeros")(flat)
    # The order of the outputs is not the usual one; their names say which they are.
    encoder = keras.Model(image, [z_log_var, z_mean, Sampling()([z_mean, z_log_var])], name="encoder")
    to_pixels = layers.Dense(784)
    decoder = keras.Model(latent, layers.Reshape((28, 28, 1))(to_pixels(latent)), name="decoder")
    to_mean.set_weights([components.T, -components @ centre])
    to_pixels.set_weights([components, centre])
    return encoder, decoder


def adopted(prepared: Path, path: Path, encoder: Path | None = None, **changes: Any) -> Network:
    section = foreign_files.section(path, custom={"Sampling": "gaussian_sampler"}, output__range="0..1", **changes)
    if encoder:
        digest = foreign_files.digest_of(encoder)
        section["encoder"] = {"file": str(encoder), "sha256": digest, "range": "auto"}
    return adopt(Prepared.read(prepared), Train.model_validate(section))


def assert_reconstructs(network: Network, prepared: Path, halves: tuple[keras.Model, keras.Model]) -> None:
    images = np.asarray(Prepared.read(prepared).images("test")[:32])
    _, mean, _ = halves[0](images / 255)
    means = batching.apply(network.model.encoder, images, 32)[0]
    assert np.allclose(means, mean, atol=1e-3)
    decoded = generate.decode(network, means, 32)
    expected = np.rint(255 * np.clip(np.asarray(halves[1](mean)), 0, 1))
    assert np.abs(decoded - expected).max() <= 1
    assert network.config.encoder_range == "0..1"


def test_two_files_make_an_autoencoder(
    prepared: Path, judge: Path, halves: tuple[keras.Model, keras.Model], tmp_path: Path
) -> None:
    paths = tmp_path / "encoder.keras", tmp_path / "decoder.keras"
    for model, path in zip(halves, paths, strict=True):
        model.save(path)
    network = adopted(prepared, paths[1], paths[0])
    assert_reconstructs(network, prepared, halves)
    assert network.config.latent == "normal"

    data = Prepared.read(prepared)
    sample(network, data, Sample.model_validate(SAMPLE), tmp_path / "samples")
    shown = [exhibit["file"] for exhibit in files.read_json(tmp_path / "samples" / "pictures.json")]
    assert shown == ["samples.png", "reconstructions.png", "interpolations.png"]
    evaluate(network, data, judge, tmp_path / "samples", Evaluate.model_validate(EVALUATE), tmp_path / "evaluated")
    metrics = files.read_json(tmp_path / "evaluated" / "metrics.json")
    assert {"fd", "fd_ceiling", "class_entropy", "psnr", "ssim"} <= set(metrics)
    assert metrics["psnr"] > 12


def test_subclassed_model_that_names_its_parts(
    prepared: Path, halves: tuple[keras.Model, keras.Model], tmp_path: Path
) -> None:
    vae = VAE(*halves)
    vae(np.zeros((1, 28, 28, 1)))
    vae.save(tmp_path / "vae.keras")
    with pytest.raises(ValueError, match=r"of the class 'VAE', whose code .* as a file each; .* custom: \{VAE: vae\}"):
        adopted(prepared, tmp_path / "vae.keras")
    custom = {"Sampling": "gaussian_sampler", "VAE": "vae"}
    section = foreign_files.section(tmp_path / "vae.keras", custom=custom, output__range="0..1")
    assert_reconstructs(adopt(Prepared.read(prepared), Train.model_validate(section)), prepared, halves)


def test_autoencoder_in_one_functional_file(
    prepared: Path, halves: tuple[keras.Model, keras.Model], tmp_path: Path
) -> None:
    image = keras.Input((28, 28, 1))
    keras.Model(image, halves[1](halves[0](image)[2])).save(tmp_path / "whole.keras")
    assert_reconstructs(adopted(prepared, tmp_path / "whole.keras"), prepared, halves)


def test_generator_alone_has_no_encoder_to_edit_with(
    prepared: Path, halves: tuple[keras.Model, keras.Model], tmp_path: Path
) -> None:
    halves[1].save(tmp_path / "decoder.keras")
    network = adopted(prepared, tmp_path / "decoder.keras", inputs__latent="normal")
    assert not network.model.encodes
    with pytest.raises(ValueError, match=r"adopted without an encoder; name the file of one in train\.encoder"):
        _ = network.model.encoder


def test_encoder_of_another_latent_space_is_refused(
    prepared: Path, halves: tuple[keras.Model, keras.Model], tmp_path: Path
) -> None:
    halves[0].save(tmp_path / "encoder.keras")
    keras.Sequential([keras.Input((3,)), layers.Dense(784)]).save(tmp_path / "decoder.keras")
    with pytest.raises(ValueError, match=r"the encoder returns \(12,\) for 3 latents"):
        adopted(prepared, tmp_path / "decoder.keras", tmp_path / "encoder.keras")


def test_encoder_of_keras_2_that_returns_a_sample_alone(prepared: Path, tmp_path: Path) -> None:
    kernel = foreign_files.generator().normal(0, 0.05, (784, 4))
    foreign_files.sampling_encoder(tmp_path / "encoder.h5", kernel)
    keras.Sequential([keras.Input((4,)), layers.Dense(784, activation="sigmoid")]).save(tmp_path / "decoder.keras")
    section = foreign_files.section(tmp_path / "decoder.keras", custom={"Sampler": "gaussian_sampler"})
    encoder = foreign_files.section(tmp_path / "encoder.h5")
    section["encoder"] = {"file": encoder["file"], "sha256": encoder["sha256"], "range": "-1..1"}
    network = adopt(Prepared.read(prepared), Train.model_validate(section))
    images = np.asarray(Prepared.read(prepared).images("test")[:8])
    mean, log_variance = batching.apply(network.model.encoder, images, 8)
    assert np.allclose(mean, (images.reshape(8, -1) / 127.5 - 1) @ kernel, atol=1e-3)
    assert np.allclose(log_variance, 2 * mean, atol=1e-3)
