"""A run on data of a person's own, by calls of the library in place of stages."""

from pathlib import Path

import keras
from checkout import ROOT

from atelier.core import files, lookup
from atelier.core.prepared import Prepared
from atelier.networks import network as networks
from atelier.params import file
from atelier.report import page
from atelier.report.sources import Sources
from atelier.training.run import train


def evaluate(place: Path, name: str, manifests: Path) -> None:
    """Train a judge and a network on the prepared dataset, and evaluate samples; all outputs are as in `dvc.yaml`."""
    params, data = file.read(place / "params.yaml"), place / "data"
    run = params.runs[name]
    dataset, prepared = params.datasets[run.dataset], Prepared.read(data / "prepared" / run.dataset)
    judge = data / "judges" / run.dataset
    model, samples, evaluation = (data / part / name for part in ("models", "samples", "evaluations"))
    keras.utils.clear_session()
    code, checkpoints = manifests / "judge" / f"{dataset.kind}.json", place / "checkpoints"
    judging = lookup.module("modalities", dataset.modality, "judge")
    judging.train(prepared, params.judges[run.dataset], code, judge, checkpoints / "judge")
    train(run, prepared, judge, manifests / "train" / f"{run.family}.json", model, checkpoints / "run")
    network = networks.load(model)
    lookup.module("families", run.family, "sample").sample(network, prepared, run.sample, samples)
    family = lookup.module("families", run.family, "evaluate")
    family.evaluate(network, prepared, judge, samples, run.evaluate, evaluation)
    files.write_json(place / "metrics.json", {name: files.read_json(evaluation / "metrics.json")})


def report() -> str:
    """Render the page of the outputs in the working directory."""
    places = {part: Path("data", part) for part in ("prepared", "judges", "models", "samples", "evaluations", "edits")}
    return page.render(
        Sources(
            params=Path("params.yaml"), pipeline=ROOT / "dvc.yaml", metrics=Path("metrics.json"), code=(),
            profiles=ROOT / "profiles", **places,
        )
    )  # fmt: skip
