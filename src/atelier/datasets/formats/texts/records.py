"""Read the texts of a collection of files, one after another, and name those that cannot be used."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from atelier.datasets.formats.corpus.collection import Reading
from atelier.datasets.formats.own import bad, collection
from atelier.datasets.formats.own.archives import Content
from atelier.datasets.formats.own.collection import Collection
from atelier.datasets.formats.texts import tables
from atelier.datasets.formats.texts.decoding import decode, decode_table, problem
from atelier.datasets.formats.texts.params import Prepare

TEXT = ".txt"
_JSON = (".jsonl", ".ndjson", ".json")
TABLES = (".csv", ".tsv", *_JSON)


class Record(NamedTuple):
    """A text of a collection.

    Attributes:
        key: file and line, which order the texts; the line is 0 if the file is the text.
        place: a path, whose folders may say split and class. A table counts as a folder with its name.
        why: why it cannot be used; empty if it can.
    """

    key: tuple[str, int]
    place: str
    text: str
    label: str
    why: str


@dataclass(frozen=True)
class Texts:
    """The texts of a collection that can be used, ordered by their keys.

    Attributes:
        origin: the folder, the archive or the table.
        reading: these texts, and those without words.
        numbers: of these in `reading`.
        titles, places, labels: of each; see `Record`.
        bad: a line for each text that cannot be used.
        ignored: number of files that systems leave in folders.
    """

    origin: Path
    reading: Reading
    numbers: list[int]
    titles: list[str]
    places: list[str]
    labels: list[str]
    bad: list[str]
    ignored: int

    @property
    def digests(self) -> np.ndarray:
        """Return the digest of the words of each text."""
        digests = self.reading.digests
        return np.frombuffer(b"".join(digests[number] for number in self.numbers), f"V{len(digests[0])}")


def title(key: tuple[str, int]) -> str:
    """Return the name of a text in messages.

    >>> title(("a/b.txt", 0)), title(("c.csv", 12))
    ('a/b.txt', 'c.csv: line 12')
    """
    return f"{key[0]}: line {key[1]:,}" if key[1] else key[0]


def read(found: Collection, params: Prepare, alone: bool) -> Iterator[Record]:
    """Yield the texts of all files.

    Args:
        found: the files.
        params: encoding and columns.
        alone: whether there is only one file, a table, whose name may say nothing.
    """
    for name, content in zip(found.names, found.contents(), strict=True):
        try:
            yield from _texts(name, content, params, alone)
        except ValueError as error:
            yield Record((name, 0), name, "", "", str(error))


def read_all(raw: Path, params: Prepare) -> Texts:
    """Read all texts of a folder, an archive or a table; for errors, see `collection.opened`."""
    reading = Reading()
    read_so_far: list[Record] = []
    usable: list[int] = []
    dropped: list[str] = []
    alone = bool(params.text)
    with collection.opened(raw, "texts", alone=alone) as found:
        for record in read(found, params, alone and raw.is_file()):
            why = record.why
            if not why:
                if reading.add(record.text):
                    usable.append(len(read_so_far))
                else:
                    why = "has no letters and no digits"
                read_so_far.append(record._replace(text=""))
            if why:
                dropped += bad.named([title(record.key)], [why])
    usable.sort(key=lambda number: read_so_far[number].key)
    ordered = [read_so_far[number] for number in usable]
    return Texts(
        origin=found.origin,
        reading=reading,
        numbers=usable,
        titles=[title(record.key) for record in ordered],
        places=[record.place for record in ordered],
        labels=[record.label for record in ordered],
        bad=dropped,
        ignored=found.ignored,
    )


def _texts(name: str, content: Content, params: Prepare, alone: bool) -> Iterator[Record]:
    ending = name[name.rfind(".") :].lower() if "." in name.rpartition("/")[2] else ""
    if isinstance(content, str):
        raise ValueError(content)
    if not params.text:
        if ending != TEXT:
            hint = "; for a table, text is the name of its column" if ending in TABLES else ""
            raise ValueError(f"not a {TEXT} file{hint}")
        text = decode(content, params.encoding)
        yield Record((name, 0), name, text, "", problem(text, params.encoding))
        return
    if ending not in TABLES and not alone:
        hint = "; for texts in files, text is empty" if ending == TEXT else ""
        raise ValueError(f"not one of {', '.join(TABLES)}{hint}")
    table = decode_table(content, params.encoding)
    lines_of_json = ending in _JSON or (ending not in TABLES and tables.looks_like_json(table))
    place = f"{name[: len(name) - len(ending)]}/"
    for row in tables.read(table, params.text, params.label, lines_of_json):
        why = row.why or problem(row.text, params.encoding) or _unlabelled(row.label, params)
        label = unicodedata.normalize("NFC", row.label)
        yield Record((name, row.line), place, row.text, label, why)


def _unlabelled(label: str, params: Prepare) -> str:
    if not params.label:
        return ""
    why = problem(label, params.encoding) if label else "is missing"
    return f"its label {why}" if why else ""
