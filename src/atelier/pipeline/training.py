"""Train a run: build its network, fit it, write it with its history and the previews of how it came to be."""

from pathlib import Path

import keras

from atelier.core import files, lookup
from atelier.core.params.file import Run
from atelier.pipeline import checkpoint, loop, machine, networks
from atelier.pipeline.prepared import Prepared

NAMES = {"val_loss": "validation loss", "kid": "KID on the validation split"}


def train(prepared: Prepared, judge: Path, run: Run, out: Path, checkpoints: Path) -> None:
    """Train the network of `run` and write it to `out`.

    Writes `config.json`, `model.weights.h5`, `machine.json`, `history.csv` and `previews/`. An interrupted training
    leaves its state in `checkpoints` and goes on from there the next time.

    Args:
        judge: directory of the dataset's judge, which watches the samples.
    """
    params = run.train
    watch = lookup.module("pipeline.watching", run.modality).Watch(judge, prepared, params)
    network = networks.build(run.family, params, prepared.spec, seed=params.seed, precision=params.precision)
    family = lookup.module("pipeline.fitting", run.family)
    previews = lookup.module("pipeline.previews", run.modality)
    weights = files.sha256(judge / networks.WEIGHTS)
    directory = checkpoint.workspace(checkpoints, run.family, params, prepared.spec, judge=weights)

    def preview(_: keras.Model, stem: Path) -> None:
        previews.take(network, prepared, params, stem)

    progress = family.fit(network, prepared, params, directory, preview, lambda _: watch(network))
    networks.save(network, out)
    files.write_json(out / machine.FILE, machine.describe())
    loop.write_history(out / "history.csv", progress)
    previews.write(directory / loop.PREVIEWS, out / "previews", _kept(progress))
    print(f"best epoch {progress.best_epoch}: {progress.monitor} {progress.best_score:.4g}")


def _kept(progress: checkpoint.Progress) -> str:
    """Which epoch was kept, and why; and why training ended early, if it did."""
    kept = f"epoch {progress.best_epoch} had the lowest {NAMES.get(progress.monitor, progress.monitor)} and was kept."
    return f"{kept} Stopped after epoch {progress.epoch}: {progress.stopped}." if progress.stopped else kept
