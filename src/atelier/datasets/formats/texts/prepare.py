"""Prepare texts of a folder, an archive or a table: from files to tokens and a Spec."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from atelier.core.spec import SPLITS, Spec
from atelier.datasets.formats.corpus import output
from atelier.datasets.formats.corpus.collection import Reading
from atelier.datasets.formats.corpus.output import Facts, Tokens
from atelier.datasets.formats.own import bad, collection, layout, splits
from atelier.datasets.formats.own.classes import MOST, require_enough, require_folders
from atelier.datasets.formats.own.layout import Layout
from atelier.datasets.formats.texts import records
from atelier.datasets.formats.texts.params import Prepare


def prepare_texts(name: str, raw: Path, out: Path, params: Prepare, source: str) -> Spec:
    """Read, clean, label and split the texts, fit a tokenizer to train, and write tokens, `spec.json` and pictures.

    Memory is about twice the size of the texts, and of the largest file.

    Args:
        name: the dataset.
        raw: what a person brought: a folder of files, a folder with one archive of them, an archive, or a table.
        out: directory to write; it replaces an existing one only when it is complete.
        params: encoding, columns, labels, splits and tokenizer.
        source: where the raw files came from; recorded in the Spec.

    Raises:
        FileNotFoundError: `raw` is missing; the message says how to bring or fetch it.
        ValueError: an archive is not acceptable, more than `params.max_bad` texts are bad (not decodable, empty,
            without a label), or there are too few texts or classes.
    """
    reading = Reading()
    good: list[tuple[tuple[str, int], str, str]] = []  # key, place and label of each text in `reading`
    usable: list[int] = []  # their numbers
    dropped: list[str] = []
    alone = bool(params.text)
    with collection.opened(raw, "texts", alone=alone) as found:
        origin, ignored = found.origin, found.ignored
        for record in records.read(found, params, alone and raw.is_file()):
            if record.why:
                dropped += bad.named([records.title(record.key)], [record.why])
                continue
            if reading.add(record.text):
                usable.append(len(good))
            else:
                dropped += bad.named([records.title(record.key)], ["has no letters and no digits"])
            good.append((record.key, record.place, record.label))
    bad.require_few(name, "texts", dropped, params.max_bad)
    if not usable:
        raise ValueError(f"{origin}: contains no texts")
    usable.sort(key=lambda number: good[number][0])
    try:
        places = layout.read([good[number][1] for number in usable])
    except ValueError as error:
        raise ValueError(f"{origin}: {error}") from None
    names, kinds = _classes(origin, places, [good[number][2] for number in usable], params.classes)
    outside = (places.split < 0) & bool(places.official)
    lacking = np.select(
        [outside, kinds < 0], ["outside of the folders of the splits", "in no folder that names its class"], ""
    )
    kept = np.flatnonzero(lacking == "")
    dropped += bad.named([records.title(good[number][0]) for number in usable], lacking.tolist())
    bad.require_few(name, "texts", dropped, params.max_bad)
    digests = np.frombuffer(b"".join(reading.digests[usable[row]] for row in kept), f"V{len(reading.digests[0])}")
    contents, _ = splits.groups(digests)
    present = require_enough(
        origin, "texts", contents, kinds[kept], names, "column" if params.classes == "column" else "folder"
    )
    shares = {1: params.validation, 2: params.test}
    split = splits.assign(places.split[kept], places.official, digests, kinds[kept], shares, params.seed)
    rule = splits.rule(places.official, "words", "texts")
    if empty := [part for index, part in enumerate(SPLITS) if not (split == index).any()]:
        raise ValueError(f"{origin}: no text for {empty[0]} (split by {rule})")
    labels = np.searchsorted(present, kinds[kept]).astype(np.uint8)
    texts = reading.collection([usable[row] for row in kept], labels)
    facts = Facts(
        name=name,
        classes=tuple(names[kind] for kind in present) if names else (),
        source=source,
        split_rule=rule,
        statistics=_statistics(contents, split, ignored),
        dropped=tuple(sorted(dropped)),
    )
    parts = {part: np.flatnonzero(split == index) for index, part in enumerate(SPLITS)}
    return output.write(out, texts, parts, Tokens(params.tokenizer, params.vocabulary), facts, "text", params.seed)


def _classes(origin: Path, places: Layout, labels: Sequence[str], classes: str) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the names of the classes, and the class of each text: −1 if no folder names it, 0 without classes."""
    if classes == "folders":
        require_folders(origin, "texts", places.folders, "classes: column or classes: none")
        return places.folders, places.folder
    if classes == "none":
        return (), np.zeros(len(labels), np.int32)
    names = sorted(set(labels))
    if all(label.isdecimal() for label in names):
        names.sort(key=int)
    if len(names) > MOST:
        raise ValueError(f"{origin}: the column of the label has {len(names):,} values; at most {MOST} are allowed")
    number = {label: index for index, label in enumerate(names)}
    return tuple(names), np.array([number[label] for label in labels], np.int32)


def _statistics(contents: np.ndarray, split: np.ndarray, ignored: int) -> dict[str, float]:
    """Count equal texts and files that are none; what does not occur is left out."""
    different = len(np.unique(contents))
    pairs = np.unique(np.stack([contents, split.astype(contents.dtype)]), axis=1)
    counts = {
        "equal_to_another_text": len(contents) - different,
        "texts_in_two_splits": pairs.shape[1] - different,
        "ignored_system_files": ignored,
    }
    return {name: count for name, count in counts.items() if count}
