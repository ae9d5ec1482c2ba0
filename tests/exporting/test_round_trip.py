"""A network that was exported and adopted again draws the same pictures."""

from pathlib import Path

import foreign_files
import numpy as np

from atelier.core.prepared import Prepared
from atelier.core.seeds import latents
from atelier.exporting.export import export
from atelier.exporting.formats import FORMATS
from atelier.families.adopted import train
from atelier.families.adopted.params import Train
from atelier.modalities.images import generate
from atelier.networks import network as networks
from atelier.params import file
from atelier.params.strict import validate


def test_exported_vae_is_adopted_with_the_same_pixels(params_file: Path, prepared: Path, tmp_path: Path):
    data = Prepared.read(prepared)
    section = file.read(params_file).entry("runs", "mnist-vae").train
    network = networks.build("vae", section, data.spec, seed=1, precision="float32")
    export(network, FORMATS["keras"], tmp_path)
    encoder = {"file": str(tmp_path / "encoder.keras"), "range": "0..255"}
    encoder["sha256"] = foreign_files.digest_of(tmp_path / "encoder.keras")
    given = foreign_files.section(tmp_path / "decoder.keras", inputs__latent="normal", encoder=encoder)
    adopted = train.adopt(data, validate(Train, given, "train"))
    z = latents(range(8), section.latent_dim)
    ours, theirs = (generate.decode(one, z, 8).astype(int) for one in (network, adopted))
    assert np.abs(ours - theirs).max() <= 1
    images = np.asarray(data.images("test")[:8])
    means = [np.asarray(one.model.encoder.predict(images, verbose=0)[0]) for one in (network, adopted)]
    np.testing.assert_allclose(*means, atol=1e-4)
