"""Decode all files of a collection in worker processes, shard by shard."""

from collections.abc import Callable
from concurrent.futures import Executor

import numpy as np
from rich.progress import Progress

from atelier.core import terminal
from atelier.datasets.formats import pool
from atelier.datasets.formats.own import collection
from atelier.datasets.formats.pictures import decoding
from atelier.datasets.formats.pictures.decoding import Decoded, Shard
from atelier.datasets.formats.pictures.params import Fit


def decode(
    found: collection.Collection,
    size: int,
    fit: Fit,
    channels: int,
    processes: Executor,
    ahead: int,
    take: Callable[[np.ndarray], object],
) -> Decoded:
    """Return what became of all files, without their pixels, and show the progress on a terminal.

    Args:
        found: the files.
        size, fit, channels: of the pictures; see `Shard`.
        processes, ahead: see `pool.in_order`.
        take: receives the pixels of each shard, uint8 ``(good, size, size, channels)``, in the order of the files.
    """
    shards = (Shard(batch, size, fit, channels) for batch in collection.batches(found.contents()))
    parts = []
    console = terminal.console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        bar = progress.add_task("pictures", total=len(found.names))
        for part in pool.in_order(processes, decoding.decode, shards, ahead):
            take(part.pixels)
            parts.append((part.reasons, part.formats, part.traits, part.digests, part.sizes))
            progress.advance(bar, len(part.reasons))
    reasons, formats, traits, digests, sizes = zip(*parts, strict=True)
    return Decoded(
        pixels=np.empty((0, size, size, channels), np.uint8),
        reasons=tuple(reason for some in reasons for reason in some),
        traits=np.concatenate(traits),
        digests=np.concatenate(digests),
        formats=tuple(form for some in formats for form in some),
        sizes=np.concatenate(sizes),
    )
