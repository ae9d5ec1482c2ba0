"""A run of an adopted network passes through the stages like any other, on both backends."""

import copy
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import foreign_files
import numpy as np
import pytest
import yaml

from atelier.core import files
from atelier.core.prepared import Prepared
from atelier.families.adopted.sample import sample
from atelier.modalities.images import generate
from atelier.networks import network as networks
from atelier.params import file
from atelier.report import curves, exhibits, sources
from atelier.training.run import train

SAMPLE = {"samples": 120, "shown": 12, "interpolations": 2, "steps": 4, "reconstructions": 4, "batch": 32, "seed": 1}


@pytest.fixture(scope="module")
def params(small_params: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A parameter file with the run `mnist-web`."""
    place, changed = tmp_path_factory.mktemp("web"), copy.deepcopy(small_params)
    foreign_files.conditional(place / "generator.h5")
    run = copy.deepcopy(changed["runs"]["mnist-vae"])
    del run["evaluate"]["importance_samples"], run["evaluate"]["classifier_epochs"]
    section = foreign_files.section(place / "generator.h5", inputs__latent="normal")
    changed["runs"]["mnist-web"] = run | {"family": "adopted", "train": section, "sample": SAMPLE}
    (place / "params.yaml").write_text(yaml.safe_dump(changed), encoding="utf-8")
    return place / "params.yaml"


def draw(params: str, prepared: str, judge: str, code: str, out: str) -> None:
    """Adopt and sample, in this process or (through runpy) in another one."""
    run, data = file.read(Path(params)).entry("runs", "mnist-web"), Prepared.read(Path(prepared))
    train(run, data, Path(judge), Path(code), Path(out), Path(out) / "checkpoints")
    sample(networks.load(Path(out)), data, run.sample, Path(out) / "samples")


def test_run_is_written_like_a_trained_one(params: Path, prepared: Path, judge: Path, tmp_path: Path) -> None:
    out = tmp_path / "model"
    draw(*map(str, (params, prepared, judge, "unused", out)))
    assert {path.name for path in out.iterdir()} == {
        *("config.json", "history.csv", "machine.json", "model.weights.h5", "previews", "samples")
    }
    (preview,) = exhibits.read(out / "previews", "train@mnist-web")
    assert preview.title == "As adopted"
    assert preview.caption.startswith(
        "Latents of 6 numbers, standard normal, and labels of 10 classes as an index; outputs"
    )
    assert curves.charts(sources.read_history(out / "history.csv", "train@mnist-web")) == []
    shown = [exhibit["file"] for exhibit in files.read_json(out / "samples" / "pictures.json")]
    assert shown == ["samples.png", "classes.png", "interpolations.png"]
    # A seed has one picture, alone and among others, and the same bytes are written again.
    network = networks.load(out)
    assert np.array_equal(generate.from_seeds(network, [7], 1)[0], generate.from_seeds(network, range(10), 4)[7])
    draw(*map(str, (params, prepared, judge, "unused", tmp_path / "again")))
    assert (out / "model.weights.h5").read_bytes() == (tmp_path / "again" / "model.weights.h5").read_bytes()

    paths = [os.path.dirname(foreign_files.__file__), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"KERAS_BACKEND": "jax", "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    code = "import runpy, sys; runpy.run_path(sys.argv[1])['draw'](*sys.argv[2:])"
    arguments = [str(path) for path in (__file__, params, prepared, judge, "unused", tmp_path / "jax")]
    done = subprocess.run([sys.executable, "-c", code, *arguments], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    on_jax = np.load(tmp_path / "jax" / "samples" / "samples.npy").astype(int)
    assert np.abs(on_jax - np.load(out / "samples" / "samples.npy")).max() <= 1
