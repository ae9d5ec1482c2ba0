"""The offline twin of CelebA: portraits drawn from forty correlated attributes (see `attributes`)."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from atelier.core import seeds
from atelier.datasets.celeba.twin import attributes
from atelier.datasets.celeba.twin.portrait import draw
from atelier.datasets.formats.faces import pool, writer
from atelier.datasets.formats.faces.archive import SPLITS
from atelier.datasets.formats.faces.params import Embedded

_SHARD = 32
_QUALITY = 90

Drawn = tuple[bytes, tuple[bool, ...]]


class Shard(NamedTuple):
    """The faces `start` to `stop - 1` of one split."""

    seed: int
    split: str
    start: int
    stop: int


def write(directory: Path, params: Embedded, workers: int | None = None) -> None:
    """Write CelebA's three files; the number of workers does not change their bytes.

    Args:
        directory: an existing one.
        params: the sizes of the splits, and the seed.
        workers: processes; by default the number of cores.
    """
    sizes = {"train": params.train, "validation": params.validation, "test": params.test}
    shards = [
        Shard(params.seed, split, start, min(start + _SHARD, sizes[split]))
        for split in SPLITS
        for start in range(0, sizes[split], _SHARD)
    ]
    writer.write(directory, attributes.NAMES, _faces(shards, workers or pool.cores()))


def shard(part: Shard) -> list[Drawn]:
    """Draw a shard: the JPEG and the attributes of each face, which depend only on seed, split and index."""
    return [_face(part.seed, part.split, index) for index in range(part.start, part.stop)]


def _face(seed: int, split: str, index: int) -> Drawn:
    traits = attributes.sample(seeds.generator(seed, f"celeba {split} attributes", index))
    picture = draw(traits, seeds.generator(seed, f"celeba {split}", index))
    buffer = io.BytesIO()
    picture.save(buffer, format="JPEG", quality=_QUALITY)
    return buffer.getvalue(), tuple(traits[name] for name in attributes.NAMES)


def _faces(shards: list[Shard], workers: int) -> Iterator[writer.Face]:
    """Yield all faces in order, numbered from 1 across the splits."""
    number = 0
    with pool.start(workers, __name__) as processes:
        drawn = pool.in_order(processes, shard, shards, ahead=2 * workers + 1)
        for part, faces in zip(shards, drawn, strict=True):
            for jpeg, row in faces:
                number += 1
                yield writer.Face(f"{number:06}.jpg", jpeg, row, part.split)
