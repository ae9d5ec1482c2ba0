"""Look at a folder or an archive of pictures, and choose the parameters of a dataset of the kind `image_folder`."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress

from atelier.core.picture_traits import Trait
from atelier.datasets.formats import pool
from atelier.datasets.formats.own import bad, collection, layout, splits
from atelier.datasets.formats.own.classes import MOST, require_enough
from atelier.datasets.formats.own.layout import shown
from atelier.datasets.formats.pictures import decoding, labels, table
from atelier.datasets.formats.pictures.decoding import Shard
from atelier.workflow.adding import dividing
from atelier.workflow.adding.seen import Seen, bad_line, counted, few_line, listed, splits_line

KIND = "image_folder"
CLASSES = ("folders", "table", "none")
SIZES = (28, 32, 64)
SEED = 1
_SIDE = 16  # of the pictures that colours are measured on
_GREY = 8  # largest difference between the channels of a grey picture, in levels
_NEARLY_ALL = 0.9  # share of the files that must have a label for folders or a table to be labels


@dataclass(frozen=True)
class _Measured:
    """Of each file, in the order of the collection: see `decoding.Decoded`; and its sides, format and greyness."""

    reasons: list[str]
    traits: np.ndarray
    digests: np.ndarray
    sides: np.ndarray  # int32 (files, 2), 0 for bad files
    formats: list[str]  # empty for bad files
    grey: np.ndarray  # bool (files,)


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
        measured = _measure(found)
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
    section = dict(given) if given else _section(measured, kept, chosen, len(dropped))
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
            *_described(measured, kept, section),
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


def _measure(found: collection.Collection) -> _Measured:
    workers = pool.cores() if len(found.names) > collection.BATCH else 1
    console = Console(stderr=True)
    with (
        pool.start(workers, decoding.__name__) as processes,
        Progress(console=console, disable=not console.is_terminal, transient=True) as progress,
    ):
        parts = []
        bar = progress.add_task("pictures", total=len(found.names))
        for part in pool.in_order(processes, measure, collection.batches(found.contents()), 2 * workers + 1):
            parts.append(part)
            progress.advance(bar, len(part.reasons))
    return _Measured(
        reasons=[reason for part in parts for reason in part.reasons],
        traits=np.concatenate([part.traits for part in parts]),
        digests=np.concatenate([part.digests for part in parts]),
        sides=np.concatenate([part.sides for part in parts]),
        formats=[form for part in parts for form in part.formats],
        grey=np.concatenate([part.grey for part in parts]),
    )


def measure(contents: Sequence[bytes | str]) -> _Measured:
    """Measure a shard of files; `contents` are bytes or, as text, why a file cannot be read."""
    decoded = decoding.decode(Shard(contents, _SIDE, "crop", 3))
    spread = (decoded.pixels.max(axis=3).astype(int) - decoded.pixels.min(axis=3)).max(axis=(1, 2), initial=0)
    grey = np.zeros(len(contents), bool)
    grey[[not reason for reason in decoded.reasons]] = spread <= _GREY
    return _Measured(list(decoded.reasons), decoded.traits, decoded.digests, decoded.sizes, list(decoded.formats), grey)


def _section(measured: _Measured, kept: np.ndarray, classes: str, bad: int) -> dict[str, Any]:
    side = float(np.median(measured.sides[kept].min(axis=1)))
    return {
        "size": max([size for size in SIZES if size <= side], default=SIZES[0]),
        "fit": "crop",
        "colour": "grey" if measured.grey[kept].all() else "rgb",
        "classes": classes,
        "max_bad": bad,
        "validation": 0.1,
        "test": dividing.TEST_SHARES[0][0],
        "seed": SEED,
    }


def _described(measured: _Measured, kept: np.ndarray, section: Mapping[str, Any]) -> Iterator[str]:
    formats = Counter(measured.formats[index] for index in kept.tolist()).most_common()
    yield f"{counted(len(kept), 'picture')}: {', '.join(f'{count:,} {form}' for form, count in formats)}"
    sides = measured.sides[kept]
    order = np.argsort(sides.min(axis=1), kind="stable")
    (low, high), middle = sides[order[[0, -1]]], int(np.median(sides.min(axis=1)))
    between = "×".join(map(str, low)) + (f" to {'×'.join(map(str, high))}" if (low != high).any() else "")
    yield f"sizes: {between}, the shorter side in the middle {middle}; size: {section['size']}"
    uneven = int(((measured.traits[kept] & Trait.NOT_SQUARE) > 0).sum())
    if uneven:
        yield f"not square: {uneven:,}; fit: {section['fit']}"
    grey = int(measured.grey[kept].sum())
    yield f"colours: {len(kept) - grey:,} in colour, {grey:,} grey; colour: {section['colour']}"


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
    measured: _Measured, kept: np.ndarray, contents: np.ndarray, section: Mapping[str, Any], dropped: Sequence[str]
) -> Iterator[str]:
    if dropped:
        yield bad_line(dropped, "file", section["max_bad"])
    equal = len(contents) - len(np.unique(contents))
    if equal:
        yield f"{counted(equal, 'file')} equal to another one (kept, in the same split)"
    small = int((measured.sides[kept].min(axis=1) < section["size"]).sum())
    if small:
        yield f"{counted(small, 'picture')} with a side below {section['size']} pixels, to be enlarged"
    if len(kept) < 1000:
        yield f"only {counted(len(kept), 'picture')}: a model may copy them; the report shows the nearest ones"
