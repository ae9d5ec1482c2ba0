"""Pictures of how a model of images came to be: the same latents after some epochs, and these side by side."""

from pathlib import Path

import numpy as np
from PIL import Image

from atelier.core import files, images
from atelier.core.params.images import Watched
from atelier.pipeline.generation import images as generation
from atelier.pipeline.networks import Network
from atelier.pipeline.prepared import Prepared

PREVIEWS = 64


def take(network: Network, prepared: Prepared, params: Watched, stem: Path) -> None:
    """Write what the same latents give at this moment to a picture; `stem` is its path without an ending."""
    drawn = generation.from_seeds(network, range(PREVIEWS), PREVIEWS)
    images.write_png(stem.with_suffix(".png"), images.grid(drawn, columns=8))


def write(source: Path, out: Path, kept: str) -> None:
    """Lay the first rows of up to six previews side by side in one strip, from the first to the last.

    Args:
        source: where `take` wrote them, as ``epoch-NNNN``.
        out: the directory to write, with its `pictures.json`.
        kept: which epoch was kept, and why; ends the caption.
    """
    paths = sorted(source.glob("epoch-*.png"))
    chosen = [paths[round(i)] for i in np.linspace(0, len(paths) - 1, min(6, len(paths)))]
    epochs = ", ".join(str(int(path.stem.removeprefix("epoch-"))) for path in chosen)
    with files.atomic_directory(out) as directory:
        pictures = np.stack([_channels_last(np.asarray(Image.open(path))) for path in chosen])
        images.write_png(directory / "growth.png", images.grid(pictures, columns=3, gap=8))
        caption = f"The same {PREVIEWS} latents decoded after epochs {epochs}, row by row; {kept}"
        exhibit = {"file": "growth.png", "title": "How the samples grew", "caption": caption}
        files.write_json(directory / "pictures.json", [exhibit])


def _channels_last(picture: np.ndarray) -> np.ndarray:
    return picture[..., None] if picture.ndim == 2 else picture
