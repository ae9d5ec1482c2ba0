"""Faces of 16×16 pixels with two correlated attributes and an independent one; small networks and their judge."""

from pathlib import Path

import keras
import numpy as np
import pytest

from atelier.core.prepared import Prepared
from atelier.core.spec import Spec
from atelier.editing.params import Edit, Inversion
from atelier.editing.space import Space
from atelier.modalities.images import conditions
from atelier.networks import network as networks
from atelier.params import file

ROOT = Path(__file__).parents[2]
NAMES = ("Smiling", "Eyeglasses", "Male")
SIZES = {"train": 600, "validation": 50, "test": 150}


def faces(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures, uint8 ``(count, 16, 16, 3)``, and their attributes ``(count, 3)``."""
    rng = np.random.default_rng(seed)
    male = rng.random(count) < 0.5
    smiling = rng.random(count) < np.where(male, 0.25, 0.75)
    glasses = rng.random(count) < 0.3
    pictures = np.broadcast_to(rng.uniform(90, 150, (count, 1, 1, 3)), (count, 16, 16, 3)).copy()
    pictures[smiling, 11:13, 4:12] += 80
    pictures[glasses, 4:7, 2:14] -= 80
    pictures[male, :, :3, 0] += 90
    pictures += rng.normal(0, 4, pictures.shape)
    return pictures.clip(0, 255).astype(np.uint8), np.stack([smiling, glasses, male], axis=1).astype(np.uint8)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    directory = tmp_path_factory.mktemp("faces")
    for seed, (split, count) in enumerate(SIZES.items()):
        pictures, labels = faces(count, seed)
        np.save(directory / f"{split}_images.npy", pictures)
        np.save(directory / f"{split}_labels.npy", labels)
    Spec("tiny", (16, 16, 3), (0, 255), (), NAMES, SIZES, {}, "embedded").write(directory / "spec.json")
    return Prepared.read(directory)


def fit(network: networks.Network, *arrays: np.ndarray, epochs: int) -> networks.Network:
    network.model.compile(optimizer=keras.optimizers.Adam(0.003), jit_compile=False)
    network.model.fit(*arrays, batch_size=50, epochs=epochs, verbose=0)
    return network


@pytest.fixture(scope="session")
def network(data: Prepared) -> networks.Network:
    shape = {"encoder_filters": (), "encoder_dense": (64,), "decoder_dense": (64,), "decoder_filters": ()}
    shape |= {"latent_dim": 8, "likelihood": "bernoulli", "beta": 1.0}
    train = file.read(ROOT / "params.yaml").entry("runs", "mnist-vae").train.model_copy(update=shape)
    built = networks.build("vae", train, data.spec, seed=1, precision="float32")
    return fit(built, np.asarray(data.images("train")), epochs=30)


@pytest.fixture(scope="session")
def space(network: networks.Network) -> Space:
    return Space(network, None, 50)


@pytest.fixture(scope="session")
def model(network: networks.Network, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the VAE."""
    directory = tmp_path_factory.mktemp("model")
    networks.save(network, directory)
    return directory


@pytest.fixture(scope="session")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A manifest, on which the state of an interrupted training depends."""
    path = tmp_path_factory.mktemp("code") / "gan.json"
    path.write_text("{}", encoding="utf-8")
    return path


@pytest.fixture(scope="session", params=["none", "attributes"])
def generator(data: Prepared, request: pytest.FixtureRequest) -> networks.Network:
    """The generator of a GAN, untrained, that is told nothing, or attributes."""
    shape = {"condition": request.param, "latent_dim": 6, "generator_base": 8, "generator_filters": (8, 4)}
    train = file.read(ROOT / "params.yaml").entry("runs", "celeba-gan").train.model_copy(update=shape)
    built = networks.build("gan", train, data.spec, seed=3, precision="float32")
    for weight in built.model.decoder.weights:
        # Untrained, it would generate almost the same image for all latents and all conditions.
        if "kernel" in weight.path:
            weight.assign(2 * weight)
    if request.param == "attributes":
        built.model.conditions.assign(conditions.table(np.asarray(data.labels("train"))))
    return built


@pytest.fixture(scope="session")
def judge(data: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Path:
    train = file.read(ROOT / "params.yaml").entry("judges", "mnist").train
    train = train.model_copy(update={"filters": (8,), "features": 16, "dropout": 0.0})
    built = networks.build("judge.images", train, data.spec, seed=1, precision="float32")
    fit(built, np.asarray(data.images("train")), np.asarray(data.labels("train")), epochs=8)
    directory = tmp_path_factory.mktemp("judge")
    networks.save(built, directory)
    return directory


@pytest.fixture(scope="session")
def params() -> Edit:
    return Edit(
        dataset="tiny",
        family="vae",
        concept="Smiling",
        method="means",
        orthogonal=True,
        l2=0.1,
        strength=1.5,
        reach=2.0,
        steps=5,
        faces=3,
        examples=2,
        train_images=500,
        images=100,
        batch=50,
        seed=7,
        inversion=None,
    )


@pytest.fixture(scope="session")
def inversion() -> Inversion:
    return Inversion(
        filters=(8, 16),
        judge_weight=0.05,
        prior_weight=0.1,
        refine_steps=10,
        refine_rate=0.1,
        latent_weight=0.3,
        seed=5,
        epochs=3,
        batch=50,
        optimizer="adam",
        learning_rate=0.003,
        schedule="cosine",
        warmup_epochs=0.0,
        weight_decay=0.0,
        clip_norm=0.0,
        ema=0.0,
        precision="float32",
        jit_compile=False,
        steps_per_execution=1,
    )
