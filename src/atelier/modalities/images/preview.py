"""Images of the same latents after several epochs of a training."""

from pathlib import Path

import numpy as np
from PIL import Image

from atelier.core import files
from atelier.core.pictures import grid, write_png
from atelier.core.prepared import Prepared
from atelier.modalities.images import generate
from atelier.modalities.images.params import Watched
from atelier.networks.network import Network

PREVIEWS = 64


def take(network: Network, prepared: Prepared, params: Watched, stem: Path) -> None:
    """Write the current images of fixed latents to ``<stem>.png``."""
    drawn = generate.from_seeds(network, range(PREVIEWS), PREVIEWS)
    write_png(stem.with_suffix(".png"), grid(drawn, columns=8))


def write(source: Path, out: Path, kept: str) -> None:
    """Show up to six previews of `source` side by side in `out`, from first to last; `kept` ends the caption."""
    paths = sorted(source.glob("epoch-*.png"))
    chosen = [paths[round(i)] for i in np.linspace(0, len(paths) - 1, min(6, len(paths)))]
    epochs = ", ".join(str(int(path.stem.removeprefix("epoch-"))) for path in chosen)
    with files.atomic_directory(out) as directory:
        pictures = [np.asarray(Image.open(path)) for path in chosen]
        stacked = np.stack([picture[..., None] if picture.ndim == 2 else picture for picture in pictures])
        write_png(directory / "growth.png", grid(stacked, columns=3, gap=8))
        caption = f"The same {PREVIEWS} latents decoded after epochs {epochs}, row by row; {kept}"
        exhibit = {"file": "growth.png", "title": "Samples during training", "caption": caption}
        files.write_json(directory / "pictures.json", [exhibit])
