"""Prepare a dataset of aligned faces with binary attributes: from CelebA's raw files to arrays and a Spec."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from rich.progress import Progress

from atelier.core import files, terminal
from atelier.core.spec import SPLITS, Spec
from atelier.datasets import raw_files
from atelier.datasets.formats import pool, storage
from atelier.datasets.formats.faces import pictures, preview, splits, tables
from atelier.datasets.formats.faces.archive import ARCHIVE, ATTRIBUTES, PARTITION, Archive, open_archive
from atelier.datasets.formats.faces.params import Prepare
from atelier.datasets.formats.own.bad import require_few

_SHARD = 256  # pictures: few enough for the memory of several shards, enough for a cheap transfer between processes


def prepare_faces(
    name: str, raw: Path, out: Path, params: Prepare, source: str, license: str = "", workers: int | None = None
) -> Spec:
    """Crop, scale and split the pictures; write arrays, `images.json`, `spec.json` and the pictures of the report.

    The number of worker processes does not change the bytes written; by default it is the number of cores. Memory
    holds the pixels of a few shards, and half a kilobyte per picture for the directory of the archive.

    Args:
        name: the dataset.
        raw: directory with the zip of pictures and the two tables.
        out: directory to write; it replaces an existing one only when it is complete.
        params: crop, size, attributes and splits.
        source: where the raw files came from; recorded in the Spec.
        license: what the data may be used for; recorded in the Spec.
        workers: number of processes.

    Raises:
        ValueError: an attribute is unknown, a file is malformed, more than `params.max_bad` pictures are bad (without
            attributes, not in the zip, not decodable, smaller than the crop), or a split would be empty.
    """
    zipped, table, partition = (raw_files.find(raw, file) for file in (ARCHIVE, ATTRIBUTES, PARTITION))
    try:
        labelled, labels = tables.attributes(table, params.attributes)
    except KeyError as error:
        raise ValueError(f"datasets.{name}.prepare.attributes: {error.args[0]}") from None
    with ExitStack() as stack:
        archive = stack.enter_context(open_archive(zipped))
        names = archive.names
        row = tables.rows(labelled, names)
        bad = [f"{picture}: not in {zipped.name}" for picture in labelled[tables.rows(names, labelled) < 0]]
        bad += [f"{picture}: no row in {table.name}" for picture in names[row < 0]]
        split, rule = splits.assign(partition, names, row >= 0, params.validation, params.test, params.seed)
        bad += [f"{picture}: no row in {partition.name}" for picture in names[(row >= 0) & (split < 0)]]
        require_few(name, "pictures", bad, params.max_bad)
        usable = np.flatnonzero((row >= 0) & (split >= 0))
        shape = (params.size, params.size, 3)
        workers = workers or pool.cores()
        folder = stack.enter_context(files.atomic_directory(out))
        processes = stack.enter_context(pool.start(workers, pictures.__name__))
        good = np.zeros(len(usable), bool)
        done = 0
        console = terminal.console(stderr=True)
        progress = Progress(console=console, disable=not console.is_terminal)
        with storage.writers(folder, SPLITS, shape) as writers, progress:
            bar = progress.add_task("pictures", total=len(usable))
            shards = _shards(archive, names[usable], params)
            for decoded in pool.in_order(processes, pictures.decode, shards, ahead=2 * workers + 1):
                here = slice(done, done + len(decoded.good))
                good[here] = decoded.good
                belongs = split[usable[here]][decoded.good]
                for index, writer in enumerate(writers.values()):
                    writer.append(decoded.pixels[belongs == index])
                bad += decoded.bad
                done = here.stop
                progress.update(bar, completed=done)
        require_few(name, "pictures", bad, params.max_bad)
        kept = usable[good]
        by_split = {part: labels[row[kept[split[kept] == index]]] for index, part in enumerate(SPLITS)}
        if empty := [part for part, values in by_split.items() if not len(values)]:
            raise ValueError(f"{zipped}: {len(kept)} pictures, none of them for {empty[0]} (by {rule})")
        for part, values in by_split.items():
            files.write_array(folder / f"{part}_labels.npy", values)
        arrays = sorted(folder.glob("*.npy"))
        spec = Spec(
            name=name,
            shape=shape,
            value_range=(0, 255),
            classes=(),
            attributes=params.attributes,
            sizes={part: len(values) for part, values in by_split.items()},
            sha256=dict(zip([path.name for path in arrays], processes.map(files.sha256, arrays), strict=True)),
            source=source,
            split_rule=rule,
            dropped=tuple(sorted(bad)),
            license=license,
        )
        spec.write(folder / "spec.json")
        preview.write(folder, spec, by_split, writers["train"].files[0][0], params.seed)
    return spec


def _shards(archive: Archive, names: np.ndarray, params: Prepare) -> Iterator[pictures.Shard]:
    for start in range(0, len(names), _SHARD):
        chosen = names[start : start + _SHARD].tolist()
        yield pictures.Shard(chosen, [archive.read(name) for name in chosen], params.crop, params.size)
