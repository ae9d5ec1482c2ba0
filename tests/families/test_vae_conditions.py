"""A variational autoencoder that is told classes: its encoder and its decoder both use them, and samples obey."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from atelier.core.files import read_json
from atelier.core.prepared import Prepared
from atelier.core.spec import Spec
from atelier.exporting.export import export
from atelier.exporting.formats import FORMATS
from atelier.families.vae import evaluate, sample
from atelier.families.vae.train import train
from atelier.modalities.images import conditions, generate
from atelier.modalities.images import evaluate as images
from atelier.networks import batching
from atelier.networks import network as networks
from atelier.params import file
from atelier.training import loop

TRAINING = {
    "condition": "class",
    "latent_dim": 4,
    "encoder_filters": (),
    "encoder_dense": (64,),
    "decoder_dense": (64,),
    "affine": 0.0,
    "elastic": 0.0,
    "clean_epochs": 0,
    "ema": 0.0,
    "learning_rate": 0.005,
    "epochs": 25,
}


@dataclass(frozen=True)
class Told:
    """A trained network and the data that it was trained on."""

    network: networks.Network
    data: Prepared


def trained(prepared: Path, params_file: Path, workspace: Path) -> Told:
    data = Prepared.read(prepared)
    params = file.read(params_file).entry("runs", "mnist-vae").train.model_copy(update=TRAINING)
    network = networks.build("vae", params, data.spec, seed=1, precision="float32")
    loop.run(train(network, data, params), params, workspace)
    return Told(network, data)


@pytest.fixture(scope="module")
def told(prepared: Path, params_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Told:
    return trained(prepared, params_file, tmp_path_factory.mktemp("told"))


@pytest.fixture(scope="module")
def misled(prepared: Path, params_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The same training with the labels of other images."""
    directory = tmp_path_factory.mktemp("misled")
    shutil.copytree(prepared, directory / "prepared")
    for split in ("train", "validation"):
        path = directory / "prepared" / f"{split}_labels.npy"
        np.save(path, np.random.default_rng(0).permutation(np.load(path)))
    return trained(directory / "prepared", params_file, directory)


def label_accuracy(told: Told, prepared: Path) -> float:
    """Return the share of 300 samples whose nearest mean training image is that of the class that was asked for."""
    data = Prepared.read(prepared)
    train, labels = np.asarray(data.images("train"), float), np.asarray(data.labels("train"))
    means = np.stack([train[labels == label].mean(axis=0) for label in range(10)])
    asked = np.arange(300) % 10
    drawn = generate.from_seeds(told.network, range(300), 100, np.eye(10)[asked])
    nearest = np.square(drawn[:, None] - means).sum(axis=(2, 3, 4)).argmin(axis=1)
    return float((nearest == asked).mean())


def test_samples_are_of_the_class_that_is_asked_for(told: Told, prepared: Path):
    assert label_accuracy(told, prepared) > 0.45


def test_samples_are_at_chance_if_labels_were_shuffled(misled: Told, prepared: Path):
    assert label_accuracy(misled, prepared) == pytest.approx(0.1, abs=0.06)


def test_encoder_and_decoder_are_both_told(told: Told):
    model, test = told.network.model, np.asarray(told.data.images("test")[:20])
    one, other = (np.repeat(np.eye(10)[[label]], 20, axis=0) for label in (3, 4))
    z, elsewhere = (batching.apply(model.encoder, generate.inputs(test, told), 20)[0] for told in (one, other))
    assert (np.abs(z - elsewhere).max(axis=1) > 0.01).all()
    drawn, changed = (generate.decode(told.network, z, 20, told_) for told_ in (one, other))
    assert (drawn != changed).any(axis=(1, 2, 3)).all()


def test_bound_and_similarity_are_of_images_with_their_own_labels(told: Told, params_file: Path):
    params = file.read(params_file).entry("runs", "mnist-vae").evaluate
    test, labels = np.asarray(told.data.images("test")), conditions.told(told.network, told.data, "test")
    assert labels is not None
    own, others = (evaluate.bound(told.network, test, params, rows)["loss"] for rows in (labels, labels[::-1]))
    assert own < others - 10
    own, others = (images.similarity(told.network, test, 50, rows)["psnr"] for rows in (labels, labels[::-1]))
    assert own > others + 0.5


def test_validation_loss_is_that_of_images_with_their_labels(told: Told):
    network, data = told.network, told.data
    of_validation = conditions.told(network, data, "validation")
    assert of_validation is not None
    losses = [
        loop.held_out(network.model, (data.images("validation"),), rows)()["val_loss"]
        for rows in (of_validation, of_validation[::-1])
    ]
    assert losses[0] < losses[1] - 10


def test_conditions_are_drawn_as_often_as_in_training(told: Told):
    drawn = conditions.draw(told.network, range(2000))
    assert drawn is not None
    labels = np.asarray(told.data.labels("train"))
    np.testing.assert_allclose(drawn.mean(axis=0), np.bincount(labels, minlength=10) / len(labels), atol=0.03)


def test_every_exhibit_is_written_and_saved_network_draws_the_same(told: Told, params_file: Path, tmp_path: Path):
    params = file.read(params_file).entry("runs", "mnist-vae").sample
    networks.save(told.network, tmp_path / "model")
    for name, network in (("a", told.network), ("b", networks.load(tmp_path / "model"))):
        sample.sample(network, told.data, params, tmp_path / name)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name
    exhibits = {entry["title"]: entry for entry in read_json(tmp_path / "a" / "pictures.json")}
    for entry in exhibits.values():
        Image.open(tmp_path / "a" / entry["file"]).verify()
    asked = conditions.draw(told.network, [params.seed])
    assert asked is not None
    assert exhibits["Latent manifold"]["caption"].endswith(f"asked to be the same: {asked[0].argmax()}.")
    assert exhibits["Latents by class"]["caption"].endswith("the model is told what each image is.")


def test_mixture_prior_is_fitted_to_posteriors_of_images_with_their_labels(told: Told, params_file: Path):
    update = {"prior": "mixture", "mixture_components": 2}
    params = file.read(params_file).entry("runs", "mnist-vae").sample.model_copy(update=update)
    z = sample.mixture_latents(told.network, told.data, params, range(200))
    of_train = conditions.told(told.network, told.data, "train")
    inputs = generate.inputs(np.asarray(told.data.images("train")), of_train)
    means, log_vars = batching.apply(told.network.model.encoder, inputs, 100)
    spread = np.sqrt(means.var(axis=0) + np.exp(log_vars).mean(axis=0))
    np.testing.assert_allclose(z.std(axis=0), spread, rtol=0.25)


def test_export_has_the_condition_as_an_input_of_both_parts(told: Told, tmp_path: Path):
    for part in export(told.network, FORMATS["keras"], tmp_path):
        assert [array.name for array in part.inputs][1:] == ["condition"]
        assert part.inputs[1].shape == (10,)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_attributes_are_told_as_zeros_and_ones(params_file: Path, likelihood: str):
    spec = Spec("faces", (16, 16, 3), (0, 255), (), ("Smiling", "Male", "Young"), {}, {}, "embedded")
    update = {"condition": "attributes", "decoder_filters": (4,), "likelihood": likelihood}
    section = file.read(params_file).entry("runs", "mnist-vae").train.model_copy(update=update)
    network = networks.build("vae", section, spec, seed=1, precision="float32")
    network.model.compile(optimizer="adam", jit_compile=False)
    faces = np.random.default_rng(0).integers(0, 256, (8, 16, 16, 3), np.uint8)
    loss = network.model.train_on_batch((faces, np.eye(3, dtype=np.uint8)[np.arange(8) % 3]))
    assert np.isfinite(np.asarray(keras.tree.flatten(loss), float)).all()
    assert conditions.described(network, np.array([1, 0, 1])) == "Smiling and Young"


def test_condition_that_the_data_lack_is_one_line(params_file: Path, prepared: Path):
    section = file.read(params_file).entry("runs", "mnist-vae").train.model_copy(update={"condition": "attributes"})
    with pytest.raises(ValueError, match="condition: got attributes; mnist has no attributes"):
        networks.build("vae", section, Prepared.read(prepared).spec, seed=1, precision="float32")


ON_JAX = """
import sys
from pathlib import Path
import keras
import numpy as np
from atelier.core.spec import Spec
from atelier.modalities.images import generate
from atelier.networks import network as networks
from atelier.params import file

assert keras.backend.backend() == "jax"
spec = Spec("toy", (8, 8, 1), (0, 255), ("a", "b"), (), {}, {}, "embedded")
update = {"condition": "class", "encoder_filters": (), "encoder_dense": (4,), "decoder_dense": (4,)}
section = file.read(Path(sys.argv[1])).entry("runs", "mnist-vae").train.model_copy(update=update)
network = networks.build("vae", section, spec, seed=1, precision="float32")
network.model.compile(optimizer="adam", jit_compile=False)
network.model.train_on_batch((np.zeros((4, 8, 8, 1), np.uint8), np.eye(2, dtype=np.uint8)[[0, 1, 0, 1]]))
print(generate.from_seeds(network, range(3), 3).shape)
"""


def test_conditions_are_told_on_jax(params_file: Path):
    command = [sys.executable, "-c", ON_JAX, str(params_file)]
    environment = os.environ | {"KERAS_BACKEND": "jax"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.stdout.endswith("(3, 8, 8, 1)\n"), done.stderr
