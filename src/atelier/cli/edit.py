"""`atelier edit`: faces in picture files, with a concept added or taken away, without DVC running."""

from math import isfinite
from pathlib import Path
from typing import get_args

import click
import numpy as np

from atelier.cli import project, trained
from atelier.core import files, images, pictures
from atelier.core.door import one_line_errors
from atelier.core.params import file
from atelier.core.params.edit import Edit
from atelier.core.spec import Spec
from atelier.pipeline.editing.sheets import sheet, strength, words
from atelier.pipeline.editing.vectors import DESCRIPTION, FILE, Concepts

FURTHEST = 20.0
LONGEST_LABEL = 24
# Always the same, so that a picture does not feel how many others there are.
BATCH = 16


@click.command()
@click.argument("run")
@click.argument("paths", metavar="IMAGE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--concept", required=True, help="What is added or taken away: an attribute, such as Smiling.")
@click.option(
    "--strength",
    "strengths",
    type=float,
    multiple=True,
    default=(1.0,),
    show_default=True,
    help="How much is added; below 0 takes away; 1 is the distance between faces without and with it, on average. "
    "Repeat it for a strip.",
)
@click.option("--method", type=click.Choice(["means", "linear"]), help="Which vectors; else those of params.yaml.")
@click.option("--orthogonal/--raw", default=None, help="Whether other attributes hold still; else as in params.yaml.")
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="A .png, or a folder.")
@click.option("--scale", type=click.IntRange(1, 32), help="Enlarge each pixel. [default: fit a sheet; 1 in a folder]")
@trained.unverified_option
def edit(
    run: str,
    paths: tuple[Path, ...],
    concept: str,
    strengths: tuple[float, ...],
    method: str | None,
    orthogonal: bool | None,
    out: Path,
    scale: int | None,
    unverified: bool,
) -> None:
    """Edit the faces in picture files with RUN, a trained run whose family has an encoder.

    A picture may be of any size. It is turned upright as its EXIF data say, cut to the square in its middle, and
    scaled to the size that RUN was trained on. (A picture of 178×218 pixels is taken for one of CelebA's aligned
    faces, and cut as they were for training.) RUN knows faces that fill the square, looking at the camera; cut others
    so before.

    A .png gets a sheet, a row for each picture: original, reconstruction, and one column for each strength. A folder
    gets the edited pictures under the names of the files, with the strength behind it if there are several.

    RUN@v1.2.0, RUN@prod or RUN@COMMIT edit with the network and the vectors of that version, stage or commit, which
    come from DVC's cache or its remote; `atelier models` lists them.

    \b
    Examples:
      atelier edit celeba-vae me.jpg --concept Smiling -o smile.png
      atelier edit celeba-vae me.jpg you.png --concept Eyeglasses --strength -1.5 -o plain.png
      atelier edit celeba-vae me.jpg --concept Male --strength -2 --strength 2 -o strip.png
      atelier edit celeba-vae photos/*.jpg --concept Smiling --strength 2 -o smiling/
    """
    with one_line_errors():
        root = project.root()
        _check(strengths)
        targets = _targets(out, paths, strengths)
        found = _network(root, run, unverified)
        vector = _concepts(found).vector(concept, method, orthogonal)
        size, _, channels = Spec.from_dict(files.read_json(found.directory / trained.CONFIG)["spec"]).shape
        crop = found.prepared_with().get("crop")
        originals = np.stack([pictures.read(path, size, channels, crop) for path in paths])
        # Imported here, so that a slip in the arguments is told at once and not after Keras has been loaded.
        from atelier.pipeline import batching, networks
        from atelier.pipeline.generation import images as generation

        network = networks.load(found.directory)
        z = np.asarray(batching.apply(network.model.encoder, originals, BATCH)[0])
        moved = (z[:, None] + np.array([0.0, *strengths])[:, None] * vector).astype(np.float32)
        decoded = generation.decode(network, moved.reshape(-1, z.shape[1]), BATCH)
        table = decoded.reshape(len(paths), 1 + len(strengths), *decoded.shape[1:])
        if out.suffix:
            columns = ["original", "reconstruction", *(f"{words(concept)} {strength(value)}" for value in strengths)]
            rows = [
                path.name if len(path.name) <= LONGEST_LABEL else f"{path.name[: LONGEST_LABEL - 3]}..."
                for path in paths
            ]
            whole = np.concatenate([originals[:, None], table], axis=1)
            images.write_png(out, sheet(whole, columns, rows, scale=scale))
        else:
            for target, picture in zip(targets, table[:, 1:].reshape(-1, *table.shape[2:]), strict=True):
                images.write_png(target, picture, scale or 1)
    count = f"{len(paths)} picture{'s' if len(paths) > 1 else ''}"
    click.echo(f"{count} with {concept} {', '.join(strength(value) for value in strengths)} by {run}: {out}")


def _check(strengths: tuple[float, ...]) -> None:
    for value in strengths:
        if not isfinite(value) or abs(value) > FURTHEST:
            raise ValueError(f"--strength: got {value:g}; allowed are {-FURTHEST:g} to {FURTHEST:g}")
    if len(set(map(strength, strengths))) < len(strengths):
        raise ValueError("--strength: the same one is given twice")


def _targets(out: Path, paths: tuple[Path, ...], strengths: tuple[float, ...]) -> list[Path]:
    """The files to write, a picture's strengths side by side.

    Raises:
        ValueError: nothing can be written there, two pictures would get one name, or one would replace an input.
    """
    if out.suffix not in (".png", "") or (out.suffix and out.is_dir()):
        raise ValueError(f"{out}: cannot write there; allowed are a .png or a folder (a name without suffix)")
    if not out.absolute().parent.is_dir():
        raise ValueError(f"{out}: the folder {out.absolute().parent} does not exist; make it first")
    if out.suffix:
        targets = [out]
    elif out.is_file():
        raise ValueError(f"{out}: a file is in the way of that folder")
    else:
        behind = [""] if len(strengths) == 1 else [strength(value) for value in strengths]
        targets = [out / f"{path.stem}{part}.png" for path in paths for part in behind]
        twice = next((target for target in targets if targets.count(target) > 1), None)
        if twice is not None:
            raise ValueError(f"{twice}: two of the pictures would get this name; rename one or edit them in turn")
    inputs = {path.resolve() for path in paths}
    for target in targets:
        if target.resolve() in inputs:
            raise ValueError(f"{target}: this would replace a picture that is to be edited; choose another --out")
    return targets


def _network(root: Path, run: str, unverified: bool) -> trained.Trained:
    """The run's network, which must have an encoder."""
    if "@" not in run:
        # Before asking whether it is trained: nobody should train a run for what it cannot do.
        params = file.read(root / "params.yaml")
        _require_encoder(run, params.run(run).family)
        params.edit(run)
    found = trained.find(root, run, "images", unverified)
    _require_encoder(run, found.family)
    return found


def _require_encoder(run: str, family: str) -> None:
    able = get_args(Edit.model_fields["family"].annotation)
    if family not in able:
        raise ValueError(
            f"{run} has no encoder (its family is {family}), so that it cannot take a picture in; "
            f"families with one are: {', '.join(able)}"
        )


def _concepts(found: trained.Trained) -> Concepts:
    """The vectors in the out of `edit`."""
    directory = found.written("edit", found.run, [FILE, DESCRIPTION])
    if not (directory / FILE).is_file():
        raise ValueError(
            f"{found.run} has no concept vectors here; compute them with `dvc repro edit@{found.run}` "
            f"or fetch them with `dvc pull edit@{found.run}`"
        )
    return Concepts.read(directory)
