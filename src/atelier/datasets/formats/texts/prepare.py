"""Prepare texts of a folder, an archive or a table: from files to tokens and a Spec."""

from pathlib import Path

import numpy as np

from atelier.core.spec import SPLITS, Spec
from atelier.datasets.formats.corpus import output
from atelier.datasets.formats.corpus.output import Facts, Tokens
from atelier.datasets.formats.own import bad, layout, splits
from atelier.datasets.formats.own.classes import require_enough
from atelier.datasets.formats.texts import labels, records
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
    found = records.read_all(raw, params)
    bad.require_few(name, "texts", found.bad, params.max_bad)
    if not found.numbers:
        raise ValueError(f"{found.origin}: contains no texts")
    places = layout.read(found.places, found.origin)
    names, kinds, missing = labels.find(found.origin, places, found.labels, params.classes)
    lacking = places.lacking(missing)
    kept = np.flatnonzero([not why for why in lacking])
    dropped = [*found.bad, *bad.named(found.titles, lacking)]
    bad.require_few(name, "texts", dropped, params.max_bad)
    digests = found.digests[kept]
    contents, _ = splits.groups(digests)
    present = require_enough(
        found.origin, "texts", contents, kinds[kept], names, "column" if params.classes == "column" else "folder"
    )
    shares = {1: params.validation, 2: params.test}
    split = splits.assign(places.split[kept], places.official, digests, kinds[kept], shares, params.seed)
    rule = splits.rule(places.official, "words", "texts")
    if empty := [part for index, part in enumerate(SPLITS) if not (split == index).any()]:
        raise ValueError(f"{found.origin}: no text for {empty[0]} (split by {rule})")
    texts = found.reading.collection(
        [found.numbers[row] for row in kept], np.searchsorted(present, kinds[kept]).astype(np.uint8)
    )
    facts = Facts(
        name=name,
        classes=tuple(names[kind] for kind in present) if names else (),
        source=source,
        split_rule=rule,
        statistics=_statistics(contents, split, found.ignored),
        dropped=tuple(sorted(dropped)),
    )
    parts = {part: np.flatnonzero(split == index) for index, part in enumerate(SPLITS)}
    return output.write(out, texts, parts, Tokens(params.tokenizer, params.vocabulary), facts, "text", params.seed)


def _statistics(contents: np.ndarray, split: np.ndarray, ignored: int) -> dict[str, float]:
    """Count equal texts and files that are none; what does not occur is left out."""
    counts = splits.repeated(contents, split, "text") | {"ignored_system_files": ignored}
    return {name: count for name, count in counts.items() if count}
