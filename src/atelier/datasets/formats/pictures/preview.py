"""Draw a dataset of pictures for the report: some of them, and the share of each class or attribute in each split."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from atelier.core import files, pictures, seeds
from atelier.core.picture_traits import Trait
from atelier.core.spec import Spec
from atelier.datasets.formats import charts
from atelier.datasets.formats.pictures.params import Prepare

_PIXELS = 130_000  # of the sheet, which keeps the PNG below 300 kB
_COLUMNS = 10
_ROWS = 24  # classes or attributes shown
_NAME = 24  # characters of a name

_FITS = {
    "crop": "cut to the central square",
    "pad": "padded with white to a square",
    "stretch": "stretched to a square",
}
# What was done with some pictures, in words.
_DONE = {
    Trait.ENLARGED: "enlarged",
    Trait.ROTATED_BY_EXIF: "rotated as the EXIF data say",
    Trait.TRANSPARENT_OVER_WHITE: "laid over white because of transparency",
    Trait.FIRST_FRAME_OF_SEVERAL: "reduced to the first frame",
    Trait.REDUCED_FROM_16_BIT: "reduced from 16 to 8 bits",
    Trait.CONVERTED_FROM_CMYK: "converted from CMYK",
    Trait.CONVERTED_FROM_PALETTE: "converted from a palette",
    Trait.MADE_GREY: "made grey",
}


def write(
    folder: Path,
    spec: Spec,
    labels: Mapping[str, np.ndarray],
    params: Prepare,
    images: Callable[[np.ndarray], np.ndarray],
) -> None:
    """Write `preview.png`, `balance.png` if there are labels, and their captions to a prepared dataset.

    Args:
        folder: the prepared dataset.
        spec: its Spec.
        labels: by split, classes ``(n,)`` or attributes ``(n, attributes)``.
        params: how pictures became squares.
        images: returns training images by their indices.
    """
    chosen = _choose(labels["train"], len(spec.classes), spec.shape[0], params.seed)
    pictures.write_png(folder / "preview.png", pictures.grid(images(chosen), _COLUMNS))
    sizes = ", ".join(f"{size:,} {split}" for split, size in spec.sizes.items())
    caption = f"{len(chosen)} training images ({sizes}). {done(spec, params)}"
    captions = [{"file": "preview.png", "title": "The data", "caption": caption}]
    if spec.label_names:
        names, bits = _shares(spec, labels)
        pictures.write_png(folder / "balance.png", charts.shares(names, bits))
        what = "classes" if spec.classes else "attributes"
        more = f" The {_ROWS} largest of {len(spec.label_names)}." if len(spec.label_names) > _ROWS else ""
        caption = (
            f"The share of pictures of each of the {what}, by split; the number is the share in train. "
            f"Split by {spec.split_rule}.{more}"
        )
        captions.append({"file": "balance.png", "title": f"The {what}", "caption": caption})
    files.write_json(folder / "pictures.json", captions)


def done(spec: Spec, params: Prepare) -> str:
    """Say how pictures became squares, and with how many something unusual was done."""
    words = {Trait.NOT_SQUARE: _FITS[params.fit]} | _DONE
    counts = {trait: spec.statistics.get(trait.key, 0) for trait in words}
    parts = [f"{count:,.0f} {words[trait]}" for trait, count in counts.items() if count]
    parts += [f"{len(spec.dropped):,} bad files left out"] if spec.dropped else []
    scaled = f"Scaled to {params.size}×{params.size}, {'grey' if params.colour == 'grey' else 'RGB'}"
    return f"{'; '.join([scaled, *parts])}."


def _choose(labels: np.ndarray, classes: int, side: int, seed: int) -> np.ndarray:
    """Choose training images for the sheet: as equally many of each class as there is room for, in their order."""
    rows = min(max(1, _PIXELS // (_COLUMNS * side**2)), 8)
    count = min(rows * _COLUMNS, len(labels))
    order = seeds.generator(seed, "preview").permutation(len(labels))
    if not classes:
        return np.sort(order[:count])
    # The n-th image of each class comes before the n+1-th of any.
    turn = np.zeros(len(labels), int)
    for label in range(classes):
        own = order[labels[order] == label]
        turn[own] = np.arange(len(own))
    first = order[np.argsort(turn[order], kind="stable")][:count]
    return first[np.argsort(labels[first], kind="stable")]


def _shares(spec: Spec, labels: Mapping[str, np.ndarray]) -> tuple[list[str], dict[str, np.ndarray]]:
    """Return the names of the most frequent classes or attributes, and 0 or 1 of each picture, by split."""
    count = len(spec.label_names)
    bits = {
        split: (values[:, None] == np.arange(count)).astype(np.uint8) if spec.classes else values
        for split, values in labels.items()
    }
    largest = np.argsort(-bits["train"].mean(axis=0), kind="stable")[:_ROWS] if count > _ROWS else np.arange(count)
    names = [spec.label_names[index] for index in largest]
    short = [name if len(name) <= _NAME else f"{name[: _NAME - 1]}…" for name in names]
    return short, {split: values[:, largest] for split, values in bits.items()}
