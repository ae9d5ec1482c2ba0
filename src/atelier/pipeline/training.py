"""Train a run: build its network, fit it, write it with its history and the pictures of how it came to be."""

from pathlib import Path

import keras
import numpy as np
from PIL import Image

from atelier.core import files, images
from atelier.core.params.distortion import Distortion
from atelier.core.params.file import Run
from atelier.core.params.training import Training
from atelier.pipeline import checkpoint, generation, loop, networks
from atelier.pipeline.batches import Batches
from atelier.pipeline.distortion import distort
from atelier.pipeline.prepared import Prepared

PREVIEWS = 64


def train(prepared: Prepared, run: Run, out: Path, checkpoints: Path) -> None:
    """Train the network of `run` and write it to `out`.

    Writes `config.json`, `model.weights.h5`, `history.csv` and `previews/`. An interrupted training leaves its state
    in `checkpoints` and goes on from there the next time.
    """
    params = run.train
    network = networks.build(run.family, params, prepared.spec, seed=params.seed, precision=params.precision)
    batches = _batches(prepared, params)
    directory = checkpoint.workspace(checkpoints, run.family, params, prepared.spec)

    def preview(_: keras.Model) -> np.ndarray:
        pictures = generation.from_seeds(network, range(PREVIEWS), PREVIEWS)
        return images.grid(pictures, columns=8)

    validation = (prepared.images("validation"),)
    progress = loop.fit(network.model, batches, validation, params, directory, preview, params.preview_epochs)
    networks.save(network, out)
    loop.write_history(out / "history.csv", progress)
    _write_previews(directory / "previews", out / "previews", progress.best_epoch)
    best = progress.history[progress.best_epoch - 1]
    print(f"best epoch {progress.best_epoch}: validation loss {best['val_loss']:.2f}")


def _batches(prepared: Prepared, params: Training) -> Batches:
    """The train split, distorted if the family's parameters say so."""
    arrays = (prepared.images("train"),)
    if not isinstance(params, Distortion) or not (params.affine or params.elastic):
        return Batches(arrays, params.batch, params.seed)

    def augment(batch: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        return distort(batch, generator, params.affine, params.elastic)

    return Batches(arrays, params.batch, params.seed, augment, params.epochs - params.clean_epochs)


def _write_previews(source: Path, out: Path, best_epoch: int) -> None:
    """Lay the first rows of up to six previews side by side in one strip, from the first to the last."""
    paths = sorted(source.glob("epoch-*.png"))
    chosen = [paths[round(i)] for i in np.linspace(0, len(paths) - 1, min(6, len(paths)))]
    epochs = [int(path.stem.removeprefix("epoch-")) for path in chosen]
    with files.atomic_directory(out) as directory:
        pictures = np.stack([_channels_last(np.asarray(Image.open(path))) for path in chosen])
        images.write_png(directory / "growth.png", images.grid(pictures, columns=3, gap=8))
        caption = (
            f"The same {PREVIEWS} latents decoded after epochs {', '.join(map(str, epochs))}, row by row; "
            f"epoch {best_epoch} had the lowest validation loss and was kept."
        )
        exhibit = {"file": "growth.png", "title": "How the samples grew", "caption": caption}
        files.write_json(directory / "pictures.json", [exhibit])


def _channels_last(picture: np.ndarray) -> np.ndarray:
    return picture[..., None] if picture.ndim == 2 else picture
