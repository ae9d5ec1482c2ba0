"""The offline twin of CelebA: portraits drawn from forty correlated attributes, in upstream's own files.

All attributes but `Attractive` are drawn from; sixteen of them boldly (see `drawing.celeba.attributes`).
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from atelier.core import seeds
from atelier.datasets.formats.faces.params import Embedded
from atelier.datasets.drawing.celeba import attributes
from atelier.datasets.drawing.celeba.portrait import draw
from atelier.datasets.embedded.faces import archive
from atelier.datasets.formats.faces import pool

_SHARD = 32
_QUALITY = 90

Drawn = tuple[bytes, tuple[bool, ...]]


class Shard(NamedTuple):
    """The faces of one split from `start` to before `stop`."""

    seed: int
    split: str
    start: int
    stop: int


def write(directory: Path, params: Embedded, workers: int | None = None) -> None:
    """Write CelebA's three files; their bytes do not depend on the number of workers.

    Args:
        directory: an existing one.
        params: how many faces of each split, and the seed.
        workers: processes that draw; by default as many as there are cores.
    """
    sizes = {"train": params.train, "validation": params.validation, "test": params.test}
    shards = [
        Shard(params.seed, split, start, min(start + _SHARD, sizes[split]))
        for split in archive.SPLITS
        for start in range(0, sizes[split], _SHARD)
    ]
    archive.write(directory, attributes.NAMES, _faces(shards, workers or pool.cores()))


def shard(part: Shard) -> list[Drawn]:
    """Draw a shard: each face, as JPEG and as its row, depends on seed, split and its own index only."""
    return [_face(part.seed, part.split, index) for index in range(part.start, part.stop)]


def _face(seed: int, split: str, index: int) -> Drawn:
    traits = attributes.sample(seeds.generator(seed, f"celeba {split} attributes", index))
    picture = draw(traits, seeds.generator(seed, f"celeba {split}", index))
    buffer = io.BytesIO()
    picture.save(buffer, format="JPEG", quality=_QUALITY)
    return buffer.getvalue(), tuple(traits[name] for name in attributes.NAMES)


def _faces(shards: list[Shard], workers: int) -> Iterator[archive.Face]:
    """All faces in order, numbered from 1 across the splits."""
    number = 0
    for part, drawn in zip(shards, _drawn(shards, workers), strict=True):
        for jpeg, row in drawn:
            number += 1
            yield archive.Face(f"{number:06}.jpg", jpeg, row, part.split)


def _drawn(shards: list[Shard], workers: int) -> Iterator[list[Drawn]]:
    if workers == 1:
        yield from map(shard, shards)
        return
    with pool.start(workers, __name__) as processes:
        yield from pool.in_order(processes, shard, shards, under_way=2 * workers + 1)
