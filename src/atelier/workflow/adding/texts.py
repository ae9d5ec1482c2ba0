"""Look at texts in files or tables, and choose the parameters of a dataset of the kind `text_files`."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from atelier.datasets.formats.own import bad, collection, layout, splits
from atelier.datasets.formats.own.classes import MOST, require_enough
from atelier.datasets.formats.texts import labels, records
from atelier.datasets.formats.texts.decoding import decode_table
from atelier.datasets.formats.texts.params import Prepare
from atelier.workflow.adding import columns, dividing
from atelier.workflow.adding.seen import Seen, bad_line, counted, few_line, listed, splits_line

KIND = "text_files"
CLASSES = ("folders", "column", "none")
SEED = 1
_SENTENCES = re.compile(r"[.!?…。！？]\W*\w")
_TOKENS_PER_WORD = 1.5  # of sub-words
_VOCABULARIES = ((10_000_000, 15_000), (1_000_000, 8_000), (0, 2_000))  # from so many words on
_NEARLY_ALL = 0.9  # share of the texts that must be in folders for these to be classes


@dataclass(frozen=True)
class _Source:
    """Where texts come from: the sections `encoding`, `text`, `label` and `classes`, and a line that says so."""

    encoding: str
    text: str
    label: str
    classes: str
    line: str


def look(raw: Path, classes: str | None, given: Mapping[str, Any] | None) -> Seen:
    """Look at all texts in `raw`.

    Args:
        raw: a folder of `.txt` files or tables, an archive of them, or a table.
        classes: where labels come from, as in `Prepare`; None to find out.
        given: the section `prepare` of a dataset that exists already, which is then kept.

    Raises:
        FileNotFoundError: `raw` is missing.
        ValueError: there are too few texts, or a class has too few.
    """
    source = _given(given) if given else _source(raw, classes)
    section: dict[str, Any] = dict(given) if given else _section(source)
    texts = records.read_all(raw, Prepare(**section))
    origin = texts.origin
    if not texts.numbers:
        raise ValueError(f"{origin}: no texts{f', for example {texts.bad[0]}' if texts.bad else ''}")
    places = layout.read(texts.places, origin)
    names, kinds, missing = labels.find(origin, places, texts.labels, section["classes"])
    lacking = places.lacking(missing)
    dropped = sorted([*texts.bad, *bad.named(texts.titles, lacking)])
    kept = np.flatnonzero([not why for why in lacking])
    corpus = texts.reading.collection([texts.numbers[row] for row in kept], np.zeros(len(kept), np.uint8))
    words = corpus.spans[:, 1] - corpus.spans[:, 0]
    digests, kinds = texts.digests[kept], kinds[kept]
    contents, _ = splits.groups(digests)
    present = require_enough(origin, "texts", contents, kinds, names)
    if not given:
        section["max_bad"] = len(dropped)
        section["vocabulary"] = next(size for least, size in _VOCABULARIES if words.sum() >= least)
    placed = places.split[kept], places.official
    split = dividing.divide(origin, "texts", section, given is not None, *placed, digests, kinds)
    values, named = np.searchsorted(present, kinds), [names[kind] for kind in present] if names else []
    judged, obstacle = dividing.predicted(named, True, values, split, "shuffled")
    few, sizes = dividing.few(named, values), dividing.sizes(split)
    return Seen(
        lines=(
            f"{counted(len(kept), 'text')}, {source.line}; encoding: {section['encoding']}",
            _lengths(words),
            _labels_line(named, values, judged),
            splits_line(sizes, splits.rule(places.official, "words", "texts")),
        ),
        problems=(
            *([bad_line(dropped, "text", section["max_bad"])] if dropped else []),
            *_problems(contents, section),
            *([obstacle] if obstacle else []),
            *(_without_order(corpus.texts) if judged == "shuffled" else []),
            *([few_line(few)] if few else []),
        ),
        prepare=section,
        labels=judged,
        sizes=sizes,
        without_first=None,
        length=round(_TOKENS_PER_WORD * float(np.percentile(words, 90))),
        tokens=int(words[split == splits.TRAIN].sum()),
        start=Counter(" ".join(text.split()[:2]) for text in corpus.texts).most_common(1)[0][0],
    )


def _given(section: Mapping[str, Any]) -> _Source:
    where = f"the column {section['text']!r}" if section["text"] else "a file each"
    return _Source(section["encoding"], section["text"], section["label"], section["classes"], where)


def _source(raw: Path, classes: str | None) -> _Source:
    """Find out how texts are stored."""
    with collection.opened(raw, "texts", alone=True) as found:
        tables = [name for name in found.names if name.lower().endswith(records.TABLES)]
        files = [name for name in found.names if name.lower().endswith(records.TEXT)]
        alone = found.origin == raw and raw.is_file() and len(found.names) == 1 and not files
        in_tables = alone or (bool(tables) and len(files) <= len(tables))
        chosen = set(found.names if alone else tables if in_tables else files)
        if not chosen:
            allowed = ", ".join((records.TEXT, *records.TABLES))
            raise ValueError(f"{found.origin}: no texts among {counted(len(found.names), 'file')}; read are {allowed}")
        # An archive is read once for the encoding and the first table.
        first: list[bytes] = []

        def contents() -> Any:
            for name, content in zip(found.names, found.contents(), strict=True):
                if name in chosen and isinstance(content, bytes):
                    if not first:
                        first.append(content)
                    yield content

        encoding = columns.encoding(contents())
        origin, names = found.origin, sorted(chosen)
    if not in_tables:
        folders = layout.read(names, origin)
        inside = len(folders.folders) > 1 and (folders.folder >= 0).mean() >= _NEARLY_ALL
        usable = inside and len(folders.folders) <= MOST
        return _Source(encoding, "", "", classes or ("folders" if usable else "none"), "a file each")
    there = columns.read(decode_table(first[0], encoding)) if first else {}
    text = columns.text(there)
    if not text:
        raise ValueError(f"{origin}: no column of texts in the first table")
    label = columns.label(there, text) if classes in (None, "column") else ""
    if classes == "column" and not label:
        raise ValueError(f"{origin}: no column that could be a label; the columns are {listed(list(there))}")
    line = f"in {counted(len(names), 'table')}, column {text!r}" + (f" with the label {label!r}" if label else "")
    return _Source(encoding, text, label, classes or ("column" if label else "none"), line)


def _section(source: _Source) -> dict[str, Any]:
    return {
        "encoding": source.encoding,
        "text": source.text,
        "label": source.label,
        "classes": source.classes,
        "tokenizer": "bpe",
        "vocabulary": _VOCABULARIES[-1][1],
        "max_bad": 0,
        "validation": 0.1,
        "test": dividing.TEST_SHARES[0][0],
        "seed": SEED,
    }


def _lengths(words: np.ndarray) -> str:
    shortest, middle, longest = (int(value) for value in np.percentile(words, (0, 50, 100)))
    return f"lengths: {shortest:,} to {longest:,} words, {middle:,} in the middle, {int(words.sum()):,} in all"


def _labels_line(names: Sequence[str], values: np.ndarray, judged: str) -> str:
    if not names:
        return f"no classes; the judge predicts {judged}"
    each = listed([f"{name} {int((values == index).sum()):,}" for index, name in enumerate(names)])
    return f"{counted(len(names), 'class', 'classes')}: {each}; the judge predicts {judged}"


def _problems(contents: np.ndarray, section: Mapping[str, Any]) -> list[str]:
    equal = len(contents) - len(np.unique(contents))
    found = [f"{counted(equal, 'text')} equal to another one (kept, in the same split)"] if equal else []
    if section["encoding"] != "utf-8":
        found.append(f"not UTF-8; read as {section['encoding']}: look at the preview that prepare writes")
    if len(contents) < 1000:
        found.append(
            f"only {counted(len(contents), 'text')}: a model may copy them; the report shows the longest copies"
        )
    return found


def _without_order(texts: Sequence[str]) -> list[str]:
    count = sum(_SENTENCES.search(text) is None for text in texts)
    if 2 * count <= len(texts):
        return []
    return [f"{counted(count, 'text')} with one sentence only, from which a judge of shuffled sentences cannot learn"]
