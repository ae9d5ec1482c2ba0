"""Prepare pictures of a folder or an archive: from files of any kind to arrays and a Spec."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from atelier.core import files
from atelier.core.picture_traits import Trait
from atelier.core.spec import SPLITS, Spec
from atelier.datasets.formats import pool, storage
from atelier.datasets.formats.own import bad, collection, layout, splits
from atelier.datasets.formats.own.classes import require_enough
from atelier.datasets.formats.pictures import decoding, labels, preview, reading, scratch
from atelier.datasets.formats.pictures.params import Prepare


def prepare_pictures(name: str, raw: Path, out: Path, params: Prepare, source: str, workers: int | None = None) -> Spec:
    """Decode, fit, label and split the pictures; write arrays, `images.json`, `spec.json` and pictures of the report.

    The number of worker processes does not change the bytes written; by default it is the number of cores. Memory
    holds a few shards, and the name and a few bytes of each picture.

    Args:
        name: the dataset.
        raw: what a person brought: a folder of pictures, a folder with one archive of them, or an archive.
        out: directory to write; it replaces an existing one only when it is complete.
        params: size, fit, colour, labels and splits.
        source: where the raw files came from; recorded in the Spec.
        workers: number of processes.

    Raises:
        FileNotFoundError: `raw` is missing; the message says how to bring or fetch it.
        ValueError: an archive or a table is not acceptable, more than `params.max_bad` files are bad (no pictures,
            damaged, too large, without a label), or there are too few pictures or classes.
    """
    workers = workers or pool.cores()
    with ExitStack() as stack:
        found = stack.enter_context(collection.opened(raw, "pictures", params.classes == "table"))
        places = layout.read(found.names, found.origin)
        labelled = labels.find(found, places, params.classes)
        lacking = places.lacking(labelled.missing)
        bad.require_few(name, "files", bad.named(found.names, lacking, labelled.bad), params.max_bad)
        folder = stack.enter_context(files.atomic_directory(out))
        shape = (params.size, params.size, params.channels)
        pixels = stack.enter_context(scratch.opened(folder / ".pixels", shape))
        processes = stack.enter_context(pool.start(workers, decoding.__name__))
        decoded = reading.decode(
            found, params.size, params.fit, params.channels, processes, 2 * workers + 1, pixels.append
        )
        reasons = [one or other for one, other in zip(decoded.reasons, lacking, strict=True)]
        dropped = bad.named(found.names, reasons, labelled.bad)
        bad.require_few(name, "files", dropped, params.max_bad)
        kept = np.array(sorted(np.flatnonzero([not reason for reason in reasons]), key=found.names.__getitem__), int)
        contents, _ = splits.groups(decoded.digests[kept])
        row = np.cumsum([not reason for reason in decoded.reasons]) - 1  # of each good picture in `pixels`
        present = require_enough(found.origin, "pictures", contents, labelled.kinds[kept], labelled.classes)
        split = splits.assign(
            places.split[kept],
            places.official,
            decoded.digests[kept],
            labelled.kinds[kept],
            {1: params.validation, 2: params.test},
            params.seed,
        )
        if empty := [part for index, part in enumerate(SPLITS) if not (split == index).any()]:
            raise ValueError(f"{found.origin}: no picture for {empty[0]} (split by {splits.rule(places.official)})")
        of = {part: kept[split == index] for index, part in enumerate(SPLITS)}
        with storage.writers(folder, SPLITS, shape) as writers:
            for part, rows in of.items():
                for chunk in pixels.read(row[rows]):
                    writers[part].append(chunk)
        values = {part: _values(labelled, present, rows) for part, rows in of.items()}
        if params.classes != "none":
            for part, array in values.items():
                files.write_array(folder / f"{part}_labels.npy", array)
        arrays = sorted(folder.glob("*.npy"))
        spec = Spec(
            name=name,
            shape=shape,
            value_range=(0, 255),
            classes=tuple(labelled.classes[kind] for kind in present) if labelled.classes else (),
            attributes=labelled.attributes,
            sizes={part: len(rows) for part, rows in of.items()},
            sha256=dict(zip([path.name for path in arrays], processes.map(files.sha256, arrays), strict=True)),
            source=source,
            split_rule=splits.rule(places.official),
            dropped=tuple(sorted(dropped)),
            statistics=_statistics(decoded.traits[kept], contents, split, found.ignored),
        )
        spec.write(folder / "spec.json")
        train = row[of["train"]]
        preview.write(folder, spec, values, params, lambda rows: np.concatenate([*pixels.read(train[rows])]))
    return spec


def _values(labelled: labels.Labels, present: Sequence[int], rows: np.ndarray) -> np.ndarray:
    """Return uint8 labels: the index of each class among those present, or attributes."""
    if labelled.classes:
        return np.searchsorted(present, labelled.of[rows]).astype(np.uint8)
    return labelled.of[rows].astype(np.uint8)


def _statistics(traits: np.ndarray, contents: np.ndarray, split: np.ndarray, ignored: int) -> dict[str, float]:
    """Count what was done with pictures; what happened to none of them is left out."""
    counts = {trait.key: int(((traits & trait) > 0).sum()) for trait in Trait}
    counts |= splits.repeated(contents, split, "file") | {"ignored_system_files": ignored}
    return {name: count for name, count in counts.items() if count}
