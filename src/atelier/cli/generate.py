"""`atelier generate`: generate pictures with a trained run, without running DVC."""

from pathlib import Path

import click
import numpy as np

from atelier.cli import project, trained
from atelier.cli.arguments import NAME, PLACE, SEED
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
@click.option("-o", "--out", type=PLACE, required=True, help=OUT)
@click.option("--scale", metavar="N", type=click.IntRange(1, 32), help=SCALE, show_default=FITTING)
@click.option("--batch", metavar="N", type=click.IntRange(1, 4096), default=64, help=BATCH)
@trained.unverified_option
def generate(run: str, count: int, seed: int, out: Path, scale: int | None, batch: int, unverified: bool) -> None:
    """Generate pictures with RUN, a trained run of params.yaml.

    RUN@v1.2.0, RUN@prod or RUN@COMMIT use the network of that version, stage or commit, which comes from DVC's cache or
    its remote; `atelier models` lists them.

    A picture depends on its seed only: -n 1 --seed 7 generates the eighth picture of -n 16 --seed 0.

    \b
    Examples:
      atelier generate mnist-vae -n 64 -o grid.png     one grid
      atelier generate mnist-vae -n 64 -o pictures/    a folder with a PNG for each seed
      atelier generate mnist-vae -n 5000 -o many.npz   arrays `images` (uint8 NHWC) and `seeds`
      atelier generate mnist-vae@prod -o grid.png      the version in production
    """
    with without_notices():
        project.require_writable(out, (".png", ".npz"))
        directory = trained.find(project.root(), run, "images", unverified).directory
        if out.suffix == ".png":
            _require_size(descriptions.read(directory / trained.CONFIG).spec, count, scale or 1)
        # Imported after the checks, because loading Keras takes seconds.
        from atelier.modalities.images.generate import from_seeds
        from atelier.networks import network as networks

        seeds = np.arange(seed, seed + count)
        drawn = from_seeds(networks.load(directory), seeds.tolist(), min(batch, count))
        _write(out, drawn, seeds, scale)
    click.echo(f"{count} pictures of {run}, seeds {seed} to {seed + count - 1}: {out}")


def _require_size(spec: Spec, count: int, scale: int) -> None:
    height, width, _ = spec.shape
    width, height = pictures.grid_size(count, _columns(count), height, width)
    try:
        pictures.require_size(width * scale, height * scale)
    except ValueError as error:
        raise ValueError(f"{error}; ask for a smaller --scale or --count, a folder or a .npz") from None


def _columns(count: int) -> int:
    return round(count**0.5) or 1


def _write(out: Path, drawn: np.ndarray, seeds: np.ndarray, scale: int | None) -> None:
    if out.suffix == ".png":
        sheet = pictures.grid(drawn, columns=_columns(len(drawn)))
        pictures.write_png(files.through_link(out), sheet, scale or max(1, round(SHEET / max(sheet.shape))))
    elif out.suffix == ".npz":
        with files.atomic(files.through_link(out)) as temporary, temporary.open("wb") as stream:
            np.savez_compressed(stream, images=drawn, seeds=seeds)
    else:
        for seed, picture in zip(seeds, drawn, strict=True):
            pictures.write_png(out / f"seed-{seed:06}.png", picture, scale or 1)
