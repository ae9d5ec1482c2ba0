"""Write CelebA's raw files: a zip of JPEGs, and the two tables."""

import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from atelier.core.spec import SPLITS
from atelier.datasets.formats.faces.archive import ARCHIVE, ATTRIBUTES, FOLDER, PARTITION

_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip can store


class Face(NamedTuple):
    """A picture and its rows in the tables: its file name, its attributes in the order of the header, its split."""

    name: str
    jpeg: bytes
    attributes: Sequence[bool]
    split: str


def write(directory: Path, names: Sequence[str], faces: Iterable[Face]) -> None:
    """Write the zip and the two tables to an existing directory; equal faces give equal bytes.

    Args:
        directory: an existing one.
        names: of the attributes.
        faces: consumed one by one.
    """
    rows, partition = [], []
    with zipfile.ZipFile(directory / ARCHIVE, "w", zipfile.ZIP_STORED) as archive:
        for face in faces:
            if len(face.attributes) != len(names):
                raise ValueError(f"{face.name} has {len(face.attributes)} attributes, expected {len(names)}")
            member = zipfile.ZipInfo(f"{FOLDER}/{face.name}", _DATE)
            # On every platform as on Unix: a plain file that everyone may read.
            member.create_system, member.external_attr = 3, 0o100644 << 16
            archive.writestr(member, face.jpeg)
            rows.append(f"{face.name} {' '.join(' 1' if has else '-1' for has in face.attributes)}\n")
            partition.append(f"{face.name} {SPLITS.index(face.split)}\n")
    header = f"{len(rows)}\n{' '.join(names)}\n"
    (directory / ATTRIBUTES).write_bytes((header + "".join(rows)).encode())
    (directory / PARTITION).write_bytes("".join(partition).encode())
