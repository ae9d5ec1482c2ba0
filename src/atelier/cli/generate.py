"""`atelier generate`: generate pictures with a trained run, without running DVC."""

from pathlib import Path
from typing import Any

import click
import numpy as np

from atelier.cli import asked as asking
from atelier.cli import project, trained
from atelier.cli.arguments import NAME, PLACE, SEED
from atelier.cli.asked import Asked, attribute_option, class_option
from atelier.core import files, pictures
from atelier.core.quiet import without_notices
from atelier.core.spec import Spec
from atelier.networks import descriptions

# Width or height of a sheet in pixels, about, if nothing else is asked for.
SHEET = 512
SEEDS = "Seed of the first picture; the next pictures have the seeds N+1, N+2, and so on."
OUT = "Where to write: a .png file (one sheet), a .npz file (arrays), or a folder (a .png file for each picture)."
BATCH = "Number of pictures to compute at the same time; a smaller number needs less memory."
SCALE = "Enlarge the pictures of a .png file: each pixel becomes a square of N×N pixels."
FITTING = f"makes a sheet about {SHEET} pixels wide or high; 1 in a folder"


@click.command()
@click.argument("run", type=NAME)
@click.option("-n", "--count", metavar="N", type=click.IntRange(1, 100_000), default=16, help="Number of pictures.")
@click.option("--seed", metavar="N", type=SEED, default=0, help=SEEDS)
@class_option
@attribute_option
@click.option("-o", "--out", type=PLACE, required=True, help=OUT)
@click.option("--scale", metavar="N", type=click.IntRange(1, 32), help=SCALE, show_default=FITTING)
@click.option("--batch", metavar="N", type=click.IntRange(1, 4096), default=64, help=BATCH)
@trained.unverified_option
def generate(
    run: str,
    count: int,
    seed: int,
    classes: tuple[str, ...],
    attributes: tuple[str, ...],
    out: Path,
    scale: int | None,
    batch: int,
    unverified: bool,
) -> None:
    """Generate pictures with RUN, a trained run of params.yaml.

    RUN@v1.2.0, RUN@prod or RUN@COMMIT use the network of that version, stage or commit, which comes from DVC's cache or
    its remote; `atelier models` lists them.

    A picture depends on its seed, and on what is asked for, only: -n 1 --seed 7 generates the eighth picture of -n 16
    --seed 0. A run that was told classes or attributes (train.condition) can be asked for them. What is not asked is
    drawn by the seed, as often as in the training data. A .npz then has `labels` too, and the `names` that they index.

    \b
    Examples:
      atelier generate mnist-vae -n 64 -o grid.png     one grid
      atelier generate mnist-vae -n 64 -o pictures/    a folder with a PNG for each seed
      atelier generate mnist-vae -n 5000 -o many.npz   arrays `images` (uint8 NHWC) and `seeds`
      atelier generate mnist-vae@prod -o grid.png      the version in production
      atelier generate fashion_mnist-cgan --class Sneaker --class Bag -n 8 -o two-rows.png
      atelier generate celeba-cgan --attribute Smiling --attribute no-Male -o faces.png
    """
    with without_notices():
        project.require_writable(out, (".png", ".npz"))
        directory = trained.find(project.root(), run, "images", unverified).directory
        description = descriptions.read(directory / trained.CONFIG)
        asked = asking.read(run, description, classes, attributes)
        if out.suffix == ".png":
            _require_size(description.spec, count, asked, scale or 1)
        # Imported after the checks, because loading Keras takes seconds.
        from atelier.modalities.images import conditions
        from atelier.modalities.images.generate import from_seeds
        from atelier.networks import network as networks

        network, numbers = networks.load(directory), range(seed, seed + count)
        drawn = conditions.draw(network, numbers)
        told = None if drawn is None else asked.conditions(drawn)
        seeds = np.tile(np.array(numbers), asked.repeats)
        images = from_seeds(network, seeds.tolist(), min(batch, len(seeds)), told)
        labels = None if told is None else asked.labels(told)
        if out.suffix == ".png":
            sheet = pictures.grid(images, _columns(count, asked))
            pictures.write_png(files.through_link(out), sheet, scale or max(1, round(SHEET / max(sheet.shape))))
        elif out.suffix == ".npz":
            arrays: dict[str, Any] = {"images": images, "seeds": seeds}
            if labels is not None:
                arrays |= {"labels": labels, "names": np.array(asked.names)}
            with files.atomic(files.through_link(out)) as temporary, temporary.open("wb") as stream:
                np.savez_compressed(stream, **arrays)
        else:
            for name, picture in zip(_names(seeds, labels, asked), images, strict=True):
                pictures.write_png(out / name, picture, scale or 1)
    of = f"{asked}, by {run}" if str(asked) else run
    click.echo(f"{len(images)} pictures of {of}, seeds {seed} to {seed + count - 1}: {out}")


def _require_size(spec: Spec, count: int, asked: Asked, scale: int) -> None:
    height, width, _ = spec.shape
    width, height = pictures.grid_size(count * asked.repeats, _columns(count, asked), height, width)
    try:
        pictures.require_size(width * scale, height * scale)
    except ValueError as error:
        raise ValueError(f"{error}; ask for a smaller --scale or --count, a folder or a .npz") from None


def _columns(count: int, asked: Asked) -> int:
    """Return the width of a grid: each of several classes has a row of its own."""
    return count if asked.repeats > 1 else round(count**0.5) or 1


def _names(seeds: np.ndarray, labels: np.ndarray | None, asked: Asked) -> list[str]:
    """Return the name of each picture's file: its seed, after its class if there is one."""
    names = [f"seed-{seed:06}.png" for seed in seeds]
    if labels is None or asked.kind != "class":
        return names
    classes = asking.file_names(asked.names)
    return [f"{classes[label]}-{name}" for label, name in zip(labels, names, strict=True)]
