"""Datasets of aligned faces with binary attributes in CelebA's files, from the raw files to arrays and a Spec."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from atelier.core import files, images, seeds
from atelier.datasets.formats.faces.params import Prepare
from atelier.core.spec import Spec
from atelier.datasets.formats.faces import balance, pictures, pool, splits, storage, tables
from atelier.datasets.formats.faces.archive import Directory

ARCHIVE = "img_align_celeba.zip"
FOLDER = "img_align_celeba"
ATTRIBUTES = "list_attr_celeba.txt"
PARTITION = "list_eval_partition.txt"

# Pictures; so few that some shards in flight weigh little, so many that passing them costs little.
_SHARD = 256
_NAMED = 10  # bad pictures that an error names
_PREVIEW, _PREVIEW_COLUMNS = 130_000, 10  # pixels, so that the PNG stays below 300 kB, and pictures in a row


def prepare(
    name: str, raw: Path, out: Path, params: Prepare, source: str, license: str = "", workers: int | None = None
) -> Spec:
    """Cut, scale and split the pictures; write arrays, `images.json`, `spec.json` and pictures.

    The bytes written do not depend on the number of processes, and memory not on the number of pictures.

    Args:
        name: the dataset.
        raw: directory with the zip of pictures and the two tables.
        out: directory to write; it replaces what was there, whole or not at all.
        params: what becomes of the pictures.
        source: where the raw files came from; goes into the Spec, as does `license`.
        license: what the data may be used for.
        workers: processes; as many as there are cores if not given.

    Raises:
        ValueError: an attribute is unknown, a file is malformed, more pictures are bad than `params.max_bad` lets go
            (no attributes, not in the zip, not decodable, smaller than the crop), or a split would be empty.
        OSError: a file cannot be read or written.
    """
    try:
        labelled, labels = tables.attributes(raw / ATTRIBUTES, params.attributes)
    except KeyError as error:
        raise ValueError(f"datasets.{name}.prepare.attributes: {error.args[0]}") from None
    directory = Directory.read(raw / ARCHIVE, FOLDER, ".jpg")
    row = tables.rows(labelled, directory.names)
    absent = labelled[tables.rows(directory.names, labelled) < 0]
    bad = [f"{picture}: not in {ARCHIVE}" for picture in absent]
    bad += [f"{picture}: no row in {ATTRIBUTES}" for picture in directory.names[row < 0]]
    split, rule = _split(raw / PARTITION, directory.names, row >= 0, params)
    bad += [f"{picture}: no row in {PARTITION}" for picture in directory.names[(row >= 0) & (split < 0)]]
    _limit(name, bad, params.max_bad)
    usable = np.flatnonzero((row >= 0) & (split >= 0))
    shape = (params.size, params.size, 3)
    workers = workers or pool.cores()
    with files.atomic_directory(out) as folder, pool.start(workers, pictures.__name__) as processes:
        with ExitStack() as stack, _progress() as progress:
            written = storage.writers(stack, folder, tables.SPLITS, shape)
            good = np.zeros(len(usable), bool)
            done = 0
            bar = progress.add_task("pictures", total=len(usable))
            shards = _shards(raw / ARCHIVE, directory, usable, params)
            for decoded in pool.in_order(processes, pictures.decode, shards, under_way=2 * workers + 1):
                here = slice(done, done + len(decoded.good))
                good[here] = decoded.good
                belongs = split[usable[here]][decoded.good]
                for index, writer in enumerate(written.values()):
                    writer.append(decoded.pixels[belongs == index])
                bad += decoded.bad
                done = here.stop
                progress.update(bar, completed=done)
        _limit(name, bad, params.max_bad)
        kept = usable[good]
        by_split = {part: labels[row[kept[split[kept] == index]]] for index, part in enumerate(tables.SPLITS)}
        if empty := [part for part, values in by_split.items() if not len(values)]:
            raise ValueError(f"{raw / ARCHIVE}: {len(kept)} pictures, none of them for {empty[0]} (by {rule})")
        for part, values in by_split.items():
            files.write_array(folder / f"{part}_labels.npy", values)
        storage.write_index(folder, written)
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
        _write_pictures(folder, spec, by_split, written["train"].files, params.seed)
    return spec


def _split(path: Path, names: np.ndarray, usable: np.ndarray, params: Prepare) -> tuple[np.ndarray, str]:
    """The split of each picture, −1 where the partition that decides lacks it, and the rule."""
    listed, parts = tables.partition(path)
    row = tables.rows(listed, names)
    official = np.where(row >= 0, parts[row], -1)
    if set(official[usable].tolist()) >= set(range(len(tables.SPLITS))):
        return official, splits.OFFICIAL
    return splits.hashed(names, params.validation, params.test, params.seed), splits.HASHED


def _limit(name: str, bad: Sequence[str], allowed: int) -> None:
    if len(bad) <= allowed:
        return
    named = [f"  {line}" for line in sorted(bad)[:_NAMED]]
    more = [f"  and {len(bad) - _NAMED:,} more"] if len(bad) > _NAMED else []
    head = f"{len(bad):,} bad pictures; datasets.{name}.prepare.max_bad lets {allowed:,} go"
    raise ValueError("\n".join([head, *named, *more]))


def _shards(path: Path, directory: Directory, usable: np.ndarray, params: Prepare) -> Iterator[pictures.Shard]:
    for start in range(0, len(usable), _SHARD):
        chosen = usable[start : start + _SHARD]
        yield pictures.Shard(path, directory.names[chosen], directory.places[chosen], params.crop, params.size)


def _progress() -> Progress:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(
        *columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console, disable=not console.is_terminal
    )


def _write_pictures(
    folder: Path, spec: Spec, labels: dict[str, np.ndarray], shards: Sequence[tuple[str, int]], seed: int
) -> None:
    first = np.load(folder / shards[0][0], mmap_mode="r")
    rows = min(max(1, _PREVIEW // (_PREVIEW_COLUMNS * spec.shape[0] ** 2)), 8)
    count = min(rows * _PREVIEW_COLUMNS, len(first))
    chosen = np.sort(seeds.generator(seed, "preview").choice(len(first), count, replace=False))
    images.write_png(folder / "preview.png", images.grid(first[chosen], _PREVIEW_COLUMNS))
    images.write_png(folder / "balance.png", balance.chart(spec.attributes, labels))
    sizes = ", ".join(f"{count:,} {split}" for split, count in spec.sizes.items())
    drawn = " Drawn by Atelier's own code: the offline twin." if spec.source == "embedded" else ""
    captions = [
        {"file": "preview.png", "title": "The data", "caption": f"{count} training images ({sizes}).{drawn}"},
        {
            "file": "balance.png",
            "title": "The attributes",
            "caption": f"How many pictures of each split have an attribute; the number is that of train. "
            f"Split by {spec.split_rule}.",
        },
    ]
    files.write_json(folder / "pictures.json", captions)
