"""The offline twin of CelebA: portraits drawn from forty correlated attributes (see `attributes`)."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from atelier.core import seeds
from atelier.core.spec import SPLITS
from atelier.datasets.celeba.twin import attributes
from atelier.datasets.celeba.twin.portrait import draw
from atelier.datasets.formats import pool
from atelier.datasets.formats.faces import writer
from atelier.datasets.formats.faces.params import Embedded

_SHARD = 32
_QUALITY = 90

Drawn = tuple[bytes, tuple[bool, ...]]


class Shard(NamedTuple):
    """Some faces of one split."""

    seed: int
    split: str
    indices: range


def write(directory: Path, params: Embedded, workers: int | None = None) -> None:
    """Write CelebA's three files to an existing directory.

    The number of worker processes does not change their bytes; by default it is the number of cores.
    """
    indices = {split: range(getattr(params, split)) for split in SPLITS}
    shards = [
        Shard(params.seed, split, indices[split][start : start + _SHARD])
        for split in SPLITS
        for start in indices[split][::_SHARD]
    ]
    writer.write(directory, attributes.NAMES, _faces(shards, workers or pool.cores()))


def shard(part: Shard) -> list[Drawn]:
    """Draw a shard: the JPEG and the attributes of each face, which depend only on seed, split and index."""
    drawn = []
    for index in part.indices:
        traits = attributes.sample(seeds.generator(part.seed, f"celeba {part.split} attributes", index))
        picture = draw(traits, seeds.generator(part.seed, f"celeba {part.split}", index))
        buffer = io.BytesIO()
        picture.save(buffer, format="JPEG", quality=_QUALITY)
        drawn.append((buffer.getvalue(), tuple(traits[name] for name in attributes.NAMES)))
    return drawn


def _faces(shards: list[Shard], workers: int) -> Iterator[writer.Face]:
    """Yield all faces in order; the number in the file name starts at 1 and continues across the splits."""
    number = 0
    with pool.start(workers, __name__) as processes:
        drawn = pool.in_order(processes, shard, shards, ahead=2 * workers + 1)
        for part, faces in zip(shards, drawn, strict=True):
            for jpeg, row in faces:
                number += 1
                yield writer.Face(f"{number:06}.jpg", jpeg, row, part.split)
