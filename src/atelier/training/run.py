"""Train a run: build its network, carry out its family's plan, write network, history and previews.

A family whose networks others trained has no plan: it opens their file, and there is no epoch.
"""

from functools import partial
from pathlib import Path
from types import ModuleType

from atelier.core import files, lookup
from atelier.core.prepared import Prepared
from atelier.networks import network as networks
from atelier.params.file import Run
from atelier.training import checkpoint, loop, machine
from atelier.training.plan import Hooks

NAMES = {"val_loss": "validation loss", "kid": "KID on the validation split"}


def train(run: Run, prepared: Prepared, judge: Path, code: Path, out: Path, checkpoints: Path) -> None:
    """Train a run and write `config.json`, `model.weights.h5`, `machine.json`, `history.csv` and `previews/` to `out`.

    Args:
        judge: directory of the dataset's judge, which measures samples at each preview.
        code: the manifest of this stage's code.
        checkpoints: directory where an interrupted training leaves its state and resumes from.
    """
    params, family = run.train, lookup.module("families", run.family, "train")
    modality = lookup.module("families", run.family, "params").MODALITY
    preview, watch = (lookup.module("modalities", modality, part) for part in ("preview", "watch"))
    if hasattr(family, "adopt"):
        _adopt(family, run, prepared, preview, out)
        return
    watching = watch.Watch(judge, prepared, params)
    network = networks.build(run.family, params, prepared.spec, seed=params.seed, precision=params.precision)
    plan = family.train(network, prepared, params)
    take, measure = partial(preview.take, network, prepared, params), partial(watching.measure, network)
    hooks = Hooks(params.preview_epochs, take, measure)
    inputs = {
        "family": run.family,
        "params": params.model_dump(mode="json"),
        "data": prepared.spec.sha256,
        "judge": files.sha256(judge / networks.WEIGHTS),
        "code": files.read_record(code),
    }
    workspace = checkpoint.workspace(checkpoints, inputs)
    progress = loop.run(plan, params, workspace, hooks)
    networks.save(network, out)
    files.write_json(out / machine.FILE, machine.describe())
    loop.write_history(out / "history.csv", progress)
    preview.write(workspace / checkpoint.PREVIEWS, out / "previews", _kept(progress))
    print(f"best epoch {progress.best_epoch}: {progress.monitor} {progress.best_score:.4g}")


def _adopt(family: ModuleType, run: Run, prepared: Prepared, preview: ModuleType, out: Path) -> None:
    """Write a network that others trained, with samples of it in place of previews, and a history without metrics."""
    network = family.adopt(prepared, run.train)
    networks.save(network, out)
    files.write_json(out / machine.FILE, machine.describe())
    files.write_text(out / "history.csv", "epoch\n0\n")
    with files.atomic_directory(out / "previews") as directory:
        preview.take(network, prepared, run.train, directory / "adopted")
        (shown,) = directory.iterdir()
        exhibit = {"file": shown.name, "title": "As adopted", "caption": family.describe(network.config)}
        files.write_json(directory / "pictures.json", [exhibit])


def _kept(progress: checkpoint.Progress) -> str:
    """Return the end of a caption: which epoch was kept and why, and why training stopped early, if it did."""
    kept = f"epoch {progress.best_epoch} had the lowest {NAMES.get(progress.monitor, progress.monitor)} and was kept."
    return f"{kept} Stopped after epoch {progress.epoch}: {progress.stopped}." if progress.stopped else kept
