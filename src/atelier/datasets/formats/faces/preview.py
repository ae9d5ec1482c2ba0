"""Draw a dataset of faces for the report: some pictures, and the share of each attribute in each split."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from atelier.core import files, pictures, seeds
from atelier.core.spec import Spec
from atelier.datasets.formats import charts

_PREVIEW, _PREVIEW_COLUMNS = 130_000, 10  # pixels, which keeps the PNG below 300 kB, and pictures in a row


def write(folder: Path, spec: Spec, labels: Mapping[str, np.ndarray], pixels: str, seed: int) -> None:
    """Write `preview.png`, `balance.png` and their captions to a prepared dataset.

    Args:
        folder: the prepared dataset.
        spec: its Spec.
        labels: by split, 0 or 1 of shape ``(n, attributes)``.
        pixels: name of a file of training pictures.
        seed: of the choice of pictures.
    """
    images = np.load(folder / pixels, mmap_mode="r")
    rows = min(max(1, _PREVIEW // (_PREVIEW_COLUMNS * spec.shape[0] ** 2)), 8)
    count = min(rows * _PREVIEW_COLUMNS, len(images))
    chosen = np.sort(seeds.generator(seed, "preview").choice(len(images), count, replace=False))
    pictures.write_png(folder / "preview.png", pictures.grid(images[chosen], _PREVIEW_COLUMNS))
    pictures.write_png(folder / "balance.png", charts.shares(spec.attributes, labels))
    sizes = ", ".join(f"{size:,} {split}" for split, size in spec.sizes.items())
    twin = " Drawn by Atelier's own code: the offline twin." if spec.source == "embedded" else ""
    captions = [
        {"file": "preview.png", "title": "The data", "caption": f"{count} training images ({sizes}).{twin}"},
        {
            "file": "balance.png",
            "title": "The attributes",
            "caption": "The share of pictures with each attribute, by split; the number is the share in train. "
            f"Split by {spec.split_rule}.",
        },
    ]
    files.write_json(folder / "pictures.json", captions)
