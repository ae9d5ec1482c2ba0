"""Train a run: build its network, fit it, write it with its history and the pictures of how it came to be."""

from pathlib import Path

import keras
import numpy as np
from PIL import Image

from atelier.core import files, images, lookup
from atelier.core.params.file import Run
from atelier.pipeline import checkpoint, generation, loop, networks
from atelier.pipeline.prepared import Prepared
from atelier.pipeline.watching import Watch

PREVIEWS = 64
NAMES = {"val_loss": "validation loss", "kid": "KID on the validation split"}


def train(prepared: Prepared, judge: Path, run: Run, out: Path, checkpoints: Path) -> None:
    """Train the network of `run` and write it to `out`.

    Writes `config.json`, `model.weights.h5`, `history.csv` and `previews/`. An interrupted training leaves its state
    in `checkpoints` and goes on from there the next time.

    Args:
        judge: directory of the dataset's judge, which watches the samples.
    """
    params = run.train
    watch = Watch(judge, prepared, params.watch_images, params.seed)
    network = networks.build(run.family, params, prepared.spec, seed=params.seed, precision=params.precision)
    family = lookup.module("pipeline.fitting", run.family)
    weights = files.sha256(judge / networks.WEIGHTS)
    directory = checkpoint.workspace(checkpoints, run.family, params, prepared.spec, judge=weights)

    def preview(_: keras.Model) -> np.ndarray:
        return images.grid(generation.from_seeds(network, range(PREVIEWS), PREVIEWS), columns=8)

    progress = family.fit(network, prepared, params, directory, preview, lambda _: watch(network))
    networks.save(network, out)
    loop.write_history(out / "history.csv", progress)
    _write_previews(directory / "previews", out / "previews", progress)
    print(f"best epoch {progress.best_epoch}: {progress.monitor} {progress.best_score:.4g}")


def _write_previews(source: Path, out: Path, progress: checkpoint.Progress) -> None:
    """Lay the first rows of up to six previews side by side in one strip, from the first to the last."""
    paths = sorted(source.glob("epoch-*.png"))
    chosen = [paths[round(i)] for i in np.linspace(0, len(paths) - 1, min(6, len(paths)))]
    epochs = [int(path.stem.removeprefix("epoch-")) for path in chosen]
    with files.atomic_directory(out) as directory:
        pictures = np.stack([_channels_last(np.asarray(Image.open(path))) for path in chosen])
        images.write_png(directory / "growth.png", images.grid(pictures, columns=3, gap=8))
        caption = (
            f"The same {PREVIEWS} latents decoded after epochs {', '.join(map(str, epochs))}, row by row; "
            f"epoch {progress.best_epoch} had the lowest {NAMES.get(progress.monitor, progress.monitor)} and was kept."
        )
        if progress.stopped:
            caption += f" Stopped after epoch {progress.epoch}: {progress.stopped}."
        exhibit = {"file": "growth.png", "title": "How the samples grew", "caption": caption}
        files.write_json(directory / "pictures.json", [exhibit])


def _channels_last(picture: np.ndarray) -> np.ndarray:
    return picture[..., None] if picture.ndim == 2 else picture
