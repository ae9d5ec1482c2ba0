"""Generators that strangers published; they came without a licence, so they are not in this repository."""

import os
from pathlib import Path

import foreign_files
import keras
import numpy as np
import pytest

from atelier.core import seeds
from atelier.core.prepared import Prepared
from atelier.families.adopted.params import Train
from atelier.families.adopted.train import adopt
from atelier.modalities.images import generate

FOLDER = Path(os.environ.get("ATELIER_THIRD_PARTY") or Path(__file__).parents[4] / "shared" / "third_party_models")
# What each is: the distribution of its latents if it cannot be found out, latent_dim with the label, and the range.
FILES = {
    "keras2_4_generator.h5": ("auto", 16, "-1..1"),
    "keras2_13_generator.keras": ("normal", 50, "0..1"),
    "keras3_8_generator.keras": ("auto", 100, "-1..1"),
    "keras3_8_conditional_generator.h5": ("auto", 101, "-1..1"),
}


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"{FOLDER} is missing; ATELIER_THIRD_PARTY names the folder")
@pytest.mark.parametrize("name", FILES)
def test_published_generator_is_adopted(name: str, prepared: Path) -> None:
    latent, latent_dim, values = FILES[name]
    section = foreign_files.section(FOLDER / name, inputs__latent=latent)
    network = adopt(Prepared.read(prepared), Train.model_validate(section))
    assert (network.config.latent, network.config.latent_dim) == ("normal", latent_dim)
    assert network.config.output_range == values
    drawn = generate.from_seeds(network, range(16), 16)
    assert drawn.shape == (16, 28, 28, 1)
    # Dark margins around something bright.
    assert drawn.max() > 200
    assert drawn[:, 0].mean() < 30
    if name == "keras3_8_generator.keras":  # One that Keras still opens itself.
        original = keras.saving.load_model(FOLDER / name, compile=False, safe_mode=True)
        grey = (np.asarray(original([seeds.latents(range(16), latent_dim)])) + 1) / 2
        assert np.abs(drawn - np.rint(255 * grey)).max() <= 1


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"{FOLDER} is missing; ATELIER_THIRD_PARTY names the folder")
def test_published_generator_draws_the_same_from_its_saved_model(prepared: Path, tmp_path: Path) -> None:
    path = FOLDER / "keras3_8_generator.keras"
    keras.saving.load_model(path, compile=False, safe_mode=True).export(tmp_path / "exported", verbose=False)
    sections = (foreign_files.section(each) for each in (path, tmp_path / "exported"))
    networks = [adopt(Prepared.read(prepared), Train.model_validate(section)) for section in sections]
    assert networks[0].config.latent == networks[1].config.latent == "normal"
    drawn, again = (generate.from_seeds(network, range(16), 16).astype(int) for network in networks)
    assert np.abs(drawn - again).max() <= 1
