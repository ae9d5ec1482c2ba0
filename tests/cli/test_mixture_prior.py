"""A run whose samples come from a mixture draws from it everywhere: `atelier generate`, its versions, its exports."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from checkout import ROOT, Checkout

from atelier.core.mixture import FILE, Mixture
from atelier.core.spec import Spec
from atelier.modalities.images import generate
from atelier.networks import network as networks
from atelier.params import file

# The stages of dvc.yaml that the commands read, by the same names and paths.
PIPELINE = """
stages:
  train:
    foreach: {celeba-vae: {}}
    do:
      cmd: "true"
      outs: ["data/models/${key}/config.json", "data/models/${key}/model.weights.h5"]
  sample:
    foreach: {celeba-vae: {}}
    do:
      cmd: "true"
      deps: ["data/models/${key}/model.weights.h5"]
      outs: ["data/samples/${key}"]
"""
SPEC = Spec("celeba", (8, 8, 3), (0, 255), (), ("Smiling",), {"train": 90}, {}, "embedded")
SMALL = {"latent_dim": 3, "encoder_filters": (4,), "decoder_filters": (4,)}
MODEL, SAMPLES = "data/models/celeba-vae", "data/samples/celeba-vae"
# Run the code of a model card in its directory, where this package cannot be imported, and keep what it drew.
FOREIGN = """
import sys
sys.modules["atelier"] = None
values = {}
exec(sys.stdin.read(), values)
values["np"].savez("values.npz", images=values["images"], z=values["z"])
"""


def mixture(number: int) -> Mixture:
    random = np.random.default_rng(number)
    factors = np.tril(random.normal(size=(2, 3, 3)))
    return Mixture(np.array([0.25, 0.75]), 4 * random.normal(size=(2, 3)), factors)


def train(root: Path, number: int) -> None:
    """Write a network and its mixture, which both differ by `number`."""
    section = file.read(root / "params.yaml").entry("runs", "celeba-vae").train.model_copy(update=SMALL)
    networks.save(networks.build("vae", section, SPEC, seed=number, precision="float32"), root / MODEL)
    (root / SAMPLES).mkdir(parents=True, exist_ok=True)
    mixture(number).write(root / SAMPLES)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout with two versions of the run; the working tree is as the second."""
    checkout = Checkout(tmp_path_factory.mktemp("mixtures") / "checkout").init()
    checkout.write("dvc.yaml", PIPELINE)
    checkout.write(".gitignore", "/data/\n/.checkpoints/\n/out*\n")
    checkout.write("params.yaml", (ROOT / "params.yaml").read_text(encoding="utf-8"))
    for number in (1, 2):
        train(checkout.root, number)
        checkout.dvc("commit", "-q", "-f")
        checkout.commit(f"trained {number}")
    checkout.git("tag", "-am", "first", "celeba-vae@v1.0.0", "HEAD~1")
    return checkout


@pytest.fixture
def checkout(template: Checkout, tmp_path: Path) -> Checkout:
    return template.copy(tmp_path / "checkout")


def drawn(checkout: Checkout, *words: str) -> np.ndarray:
    checkout.atelier("generate", *words, "-o", "out.npz")
    return np.load(checkout.root / "out.npz")["images"]


def expected(directory: Path, number: int, count: int) -> np.ndarray:
    """Draw with the mixture of `number`, as the stage `sample` does."""
    return generate.from_seeds(replace(networks.load(directory), prior=mixture(number)), range(count), count)


def test_pictures_come_from_the_mixture_and_depend_on_their_seed_only(checkout: Checkout):
    many = drawn(checkout, "celeba-vae", "-n", "8")
    np.testing.assert_array_equal(many, expected(checkout.root / MODEL, 2, 8))
    assert (many != generate.from_seeds(networks.load(checkout.root / MODEL), range(8), 8)).any()
    np.testing.assert_array_equal(drawn(checkout, "celeba-vae", "-n", "1", "--seed", "5")[0], many[5])


def test_version_draws_from_its_own_mixture(checkout: Checkout):
    pictures = drawn(checkout, "celeba-vae@v1.0.0", "-n", "4")
    train(checkout.root, 1)
    np.testing.assert_array_equal(pictures, expected(checkout.root / MODEL, 1, 4))


def test_run_with_a_normal_prior_needs_no_samples(checkout: Checkout):
    checkout.replace("params.yaml", "prior: mixture", "prior: normal")
    checkout.remove(SAMPLES)
    network = networks.load(checkout.root / MODEL)
    np.testing.assert_array_equal(drawn(checkout, "celeba-vae", "-n", "4"), generate.from_seeds(network, range(4), 4))


def test_mixture_that_is_missing_or_of_another_network_is_one_line_with_what_to_do(checkout: Checkout):
    train(checkout.root, 3)
    checkout.dvc("commit", "-q", "-f", "train@celeba-vae")
    line = checkout.refusal("generate", "celeba-vae", "-o", "out.png")
    assert "the mixture that it draws from (sample.prior) was fitted to this network" in line
    assert line.endswith("run `dvc repro sample@celeba-vae`")
    drawn(checkout, "celeba-vae", "--unverified")
    checkout.remove(SAMPLES)
    for command in ("generate", "export"):
        line = checkout.refusal(command, "celeba-vae", "-o", "out-refused")
        assert line.endswith("run `dvc repro sample@celeba-vae` or fetch it with `dvc pull sample@celeba-vae`")


@pytest.mark.parametrize("damage", [np.ones((2, 5)), np.full((2, 13), np.nan), np.ones((0, 13))])
def test_damaged_mixture_is_one_line(checkout: Checkout, damage: np.ndarray):
    (checkout.root / SAMPLES / FILE).unlink()
    np.save(checkout.root / SAMPLES / FILE, damage)
    line = checkout.refusal("generate", "celeba-vae", "-o", "out.png")
    assert f"{FILE}: not a mixture of Gaussians over 3 latents" in line


@pytest.mark.parametrize("form", ["keras", "saved_model"])
def test_export_brings_the_mixture_and_its_card_draws_the_same_pictures(checkout: Checkout, form: str):
    checkout.atelier("export", "celeba-vae", "--format", form, "-o", "out")
    card = checkout.read("out/README.md")
    assert "is drawn from the 2 Gaussians in `prior.npy`" in card
    (code,) = re.findall("```python\n(.*?)```", card, re.DOTALL)
    command = [sys.executable, "-c", FOREIGN]
    done = subprocess.run(command, input=code, cwd=checkout.root / "out", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    pictures = np.load(checkout.root / "out/values.npz")["images"].astype(int)
    assert np.abs(pictures - expected(checkout.root / MODEL, 2, 16)).max() <= 1


def test_generate_of_a_saved_model_draws_from_the_mixture(checkout: Checkout):
    import tensorflow as tf

    from atelier.exporting.tensorflow_saved_model import Generator

    checkout.atelier("export", "celeba-vae", "--format", "saved_model", "-o", "out")
    signature = tf.saved_model.load(str(checkout.root / "out")).signatures["generate"]
    many, one = (np.asarray(signature(seeds=tf.constant(s, tf.int64))["images"]) for s in (list(range(8)), [5]))
    assert np.abs(one[0].astype(int) - many[5]).max() <= 1
    z = np.asarray(Generator(networks.load(checkout.root / MODEL).model.decoder, mixture(2)).latents(tf.range(2000)))
    centre = mixture(2).shares @ mixture(2).means
    np.testing.assert_allclose(z.mean(axis=0), centre, atol=0.4)
    assert np.abs(centre).max() > 1


def test_mixture_is_restored_as_it_was_written(tmp_path: Path):
    mixture(5).write(tmp_path)
    restored = Mixture.read(tmp_path, 3)
    np.testing.assert_array_equal(restored.latents(range(50)), mixture(5).latents(range(50)))


def test_latents_have_the_moments_of_the_mixture():
    many, of = mixture(7).latents(range(6000)), mixture(7)
    covariances = of.factors @ of.factors.transpose(0, 2, 1) + of.means[:, :, None] * of.means[:, None]
    np.testing.assert_allclose(many.mean(axis=0), of.shares @ of.means, atol=0.25)
    np.testing.assert_allclose(many.T @ many / len(many), np.tensordot(of.shares, covariances, 1), atol=1.5)
