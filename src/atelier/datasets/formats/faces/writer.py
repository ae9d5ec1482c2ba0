"""Aligned faces in CelebA's own layout: a zip of JPEGs, and two lists of text."""

import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

IMAGES = "img_align_celeba.zip"
FOLDER = "img_align_celeba"
ATTRIBUTES = "list_attr_celeba.txt"
PARTITION = "list_eval_partition.txt"
SPLITS = ("train", "validation", "test")

# The earliest date that a zip can hold.
_DATE = (1980, 1, 1, 0, 0, 0)


class Face(NamedTuple):
    """One picture with what the lists say about it.

    Attributes:
        name: its file, as ``000001.jpg``.
        jpeg: its bytes.
        attributes: whether it has each attribute, in the order of the list's header.
        split: one of `SPLITS`.
    """

    name: str
    jpeg: bytes
    attributes: Sequence[bool]
    split: str


def write(directory: Path, names: Sequence[str], faces: Iterable[Face]) -> None:
    """Write the zip and the two lists; equal faces give equal bytes.

    Args:
        directory: an existing one.
        names: of the attributes.
        faces: consumed one by one.

    Raises:
        ValueError: a face has more or fewer attributes than there are names.
    """
    rows, partition = [], []
    with zipfile.ZipFile(directory / IMAGES, "w", zipfile.ZIP_STORED) as archive:
        for face in faces:
            if len(face.attributes) != len(names):
                raise ValueError(f"{face.name} has {len(face.attributes)} attributes, expected {len(names)}")
            archive.writestr(_member(face.name), face.jpeg)
            rows.append(f"{face.name} {' '.join(' 1' if has else '-1' for has in face.attributes)}\n")
            partition.append(f"{face.name} {SPLITS.index(face.split)}\n")
    header = f"{len(rows)}\n{' '.join(names)}\n"
    (directory / ATTRIBUTES).write_bytes((header + "".join(rows)).encode())
    (directory / PARTITION).write_bytes("".join(partition).encode())


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(f"{FOLDER}/{name}", _DATE)
    # As on Unix, wherever it is written: a plain file that all may read.
    member.create_system = 3
    member.external_attr = 0o100644 << 16
    return member
