"""Look at a folder or an archive of pictures, and choose the parameters of a dataset of the kind `image_folder`."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from atelier.core.picture_traits import Trait
from atelier.datasets.formats import pool
from atelier.datasets.formats.own import bad, collection, layout, splits
from atelier.datasets.formats.own.classes import MOST, require_enough
from atelier.datasets.formats.own.layout import shown
from atelier.datasets.formats.pictures import decoding, labels, reading, table
from atelier.datasets.formats.pictures.decoding import Decoded
from atelier.workflow.adding import dividing
from atelier.workflow.adding.seen import Seen, bad_line, counted, few_line, listed, splits_line

KIND = "image_folder"
CLASSES = ("folders", "table", "none")
SIZES = (28, 32, 64)
SEED = 1
_SIDE = 16  # of the pictures that colours are measured on
_GREY = 8  # largest difference between the channels of a grey picture, in levels
_NEARLY_ALL = 0.9  # share of the files that must have a label for folders or a table to be labels


def look(raw: Path, classes: str | None, given: Mapping[str, Any] | None) -> Seen:
    """Look at all pictures in `raw`.

    Args:
        raw: a folder of pictures, or an archive of them.
        classes: where labels come from, as in `Prepare`; None to find out.
        given: the section `prepare` of a dataset that exists already, which is then kept.

    Raises:
        FileNotFoundError: `raw` is missing.
        ValueError: there are too few pictures, or a class has too few.
    """
    chosen, reason = (given["classes"], "") if given else (classes, "") if classes else _choose(raw)
    with collection.opened(raw, "pictures", chosen == "table") as found:
        places = layout.read(found.names, found.origin)
        labelled = labels.find(found, places, chosen)
        measured, grey = _measure(found)
    lacking = places.lacking(labelled.missing)
    reasons = [one or other for one, other in zip(measured.reasons, lacking, strict=True)]
    dropped = sorted(bad.named(found.names, reasons, labelled.bad))
    kept = np.flatnonzero([not reason for reason in reasons])
    if not len(kept):
        files = counted(len(found.names), "file")
        raise ValueError(f"{found.origin}: no pictures among {files}, for example {dropped[0]}")
    kinds, digests = labelled.kinds[kept], measured.digests[kept]
    contents, _ = splits.groups(digests)
    present = require_enough(found.origin, "pictures", contents, kinds, labelled.classes)
    section = dict(given) if given else _section(measured, grey[kept], kept, chosen, len(dropped))
    placed = places.split[kept], places.official
    split = dividing.divide(found.origin, "pictures", section, given is not None, *placed, digests, kinds)
    named = bool(labelled.classes)
    values = np.searchsorted(present, labelled.of[kept]) if named else labelled.of[kept]
    names = [labelled.classes[kind] for kind in present] if named else list(labelled.attributes)
    judged, obstacle = dividing.predicted(names, named, values, split, "rotations")
    few = dividing.few(names, values) if named else []
    first = None if not names else (values == 0) if named else values[:, 0] == 1
    sizes = dividing.sizes(split)
    return Seen(
        lines=(
            *_described(measured, grey[kept], kept, section),
            _labels_line(names, named, values, judged, reason),
            splits_line(sizes, splits.rule(places.official)),
        ),
        problems=(
            *_problems(measured, kept, contents, section, dropped),
            *([obstacle] if obstacle else []),
            *([few_line(few)] if few else []),
        ),
        prepare=section,
        labels=judged,
        sizes=sizes,
        without_first=None if first is None else int(((split == splits.TRAIN) & ~first).sum()),
    )


def _choose(raw: Path) -> tuple[str, str]:
    """Find out where labels come from; also return why there are none although there are folders or a table."""
    with collection.opened(raw, "pictures", tables=True) as found:
        if len(found.tables) == 1:
            name, content = next(iter(found.tables.items()))
            try:
                matched = table.read(content).match(found.names) >= 0
            except ValueError as error:
                reason = f"{shown(name)} is no table of attributes: {error}"
            else:
                if matched.mean() >= _NEARLY_ALL:
                    return "table", ""
                reason = f"{shown(name)} names {matched.sum():,} of {len(matched):,} files"
        else:
            reason = f"{len(found.tables)} tables, at most one can be used" if found.tables else ""
        places = layout.read(found.names, found.origin)
    if 1 < len(places.folders) <= MOST and (places.folder >= 0).mean() >= _NEARLY_ALL:
        return "folders", reason
    if len(places.folders) > MOST:
        reason = f"{len(places.folders):,} folders, at most {MOST} can be classes"
    elif len(places.folders) > 1:
        reason = f"{(places.folder < 0).sum():,} of {len(places.folder):,} files are in no folder that can be a class"
    return "none", reason


def _measure(found: collection.Collection) -> tuple[Decoded, np.ndarray]:
    """Return what became of all files, and whether each is a grey picture, bool ``(files,)``."""
    workers = pool.cores() if len(found.names) > collection.BATCH else 1
    spreads: list[np.ndarray] = []

    def take(pixels: np.ndarray) -> None:
        spreads.append((pixels.max(axis=3) - pixels.min(axis=3)).max(axis=(1, 2), initial=0))

    with pool.start(workers, decoding.__name__) as processes:
        decoded = reading.decode(found, _SIDE, "crop", 3, processes, 2 * workers + 1, take)
    grey = np.zeros(len(found.names), bool)
    grey[[not reason for reason in decoded.reasons]] = np.concatenate(spreads) <= _GREY
    return decoded, grey


def _section(measured: Decoded, grey: np.ndarray, kept: np.ndarray, classes: str, bad: int) -> dict[str, Any]:
    side = float(np.median(measured.sizes[kept].min(axis=1)))
    return {
        "size": max([size for size in SIZES if size <= side], default=SIZES[0]),
        "fit": "crop",
        "colour": "grey" if grey.all() else "rgb",
        "classes": classes,
        "max_bad": bad,
        "validation": 0.1,
        "test": dividing.TEST_SHARES[0][0],
        "seed": SEED,
    }


def _described(measured: Decoded, grey: np.ndarray, kept: np.ndarray, section: Mapping[str, Any]) -> Iterator[str]:
    formats = Counter(measured.formats[index] for index in kept.tolist()).most_common()
    yield f"{counted(len(kept), 'picture')}: {', '.join(f'{count:,} {form}' for form, count in formats)}"
    sides = measured.sizes[kept]
    order = np.argsort(sides.min(axis=1), kind="stable")
    (low, high), middle = sides[order[[0, -1]]], int(np.median(sides.min(axis=1)))
    between = "×".join(map(str, low)) + (f" to {'×'.join(map(str, high))}" if (low != high).any() else "")
    yield f"sizes: {between}, the shorter side in the middle {middle}; size: {section['size']}"
    uneven = int(((measured.traits[kept] & Trait.NOT_SQUARE) > 0).sum())
    if uneven:
        yield f"not square: {uneven:,}; fit: {section['fit']}"
    yield f"colours: {(~grey).sum():,} in colour, {grey.sum():,} grey; colour: {section['colour']}"


def _labels_line(names: Sequence[str], classes: bool, values: np.ndarray, judged: str, reason: str) -> str:
    why = f" ({reason})" if reason else ""
    if not names:
        return f"no classes{why}; the judge predicts {judged}"
    counts = [int((values == i).sum()) if classes else int(values[:, i].sum()) for i in range(len(names))]
    found = counted(len(names), "class", "classes") if classes else counted(len(names), "attribute")
    where = "from folders" if classes else "from the table"
    each = listed([f"{name} {count:,}" for name, count in zip(names, counts, strict=True)])
    return f"{found}, {where}: {each}{why}; the judge predicts {judged}"


def _problems(
    measured: Decoded, kept: np.ndarray, contents: np.ndarray, section: Mapping[str, Any], dropped: Sequence[str]
) -> Iterator[str]:
    if dropped:
        yield bad_line(dropped, "file", section["max_bad"])
    equal = len(contents) - len(np.unique(contents))
    if equal:
        yield f"{counted(equal, 'file')} equal to another one (kept, in the same split)"
    small = int((measured.sizes[kept].min(axis=1) < section["size"]).sum())
    if small:
        yield f"{counted(small, 'picture')} with a side below {section['size']} pixels, to be enlarged"
    if len(kept) < 1000:
        yield f"only {counted(len(kept), 'picture')}: a model may copy them; the report shows the nearest ones"
