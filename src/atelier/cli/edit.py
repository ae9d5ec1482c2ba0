"""`atelier edit`: add or remove an attribute of faces in picture files, without running DVC."""

from math import isfinite
from pathlib import Path

import click
import numpy as np

from atelier.cli import project, trained
from atelier.cli.arguments import NAME, PLACE
from atelier.core import files, picture_files, pictures
from atelier.core.quiet import without_notices
from atelier.editing.sheets import sheet, strength, words
from atelier.editing.vectors import DESCRIPTION, FILE, Concepts
from atelier.networks import descriptions
from atelier.params import file

MAX_STRENGTH = 20.0
MAX_LABEL = 24
FITTING = "makes a picture in a sheet about 96 pixels wide; 1 in a folder"
# Constant, so that the result of a picture does not depend on the number of pictures.
BATCH = 16
CONCEPT = "The attribute, such as Smiling; data/edits/RUN/concepts.json lists all of them."
STRENGTH = """How much of the attribute to add; a negative number removes it. 1 is the average difference between faces
    with and without the attribute. Repeat the option to get several columns."""
METHOD = """How the direction of the attribute was computed: from the mean faces with and without it (means), or by a
    linear classifier (linear)."""
ORTHOGONAL = "Change this attribute only (orthogonal), or also what often occurs together with it (raw)."
OUT = "Where to write: a .png file (one sheet), or a folder (a .png file for each edited picture)."
SCALE = "Enlarge the pictures: each pixel becomes a square of N×N pixels."


@click.command()
@click.argument("run", type=NAME)
@click.argument("paths", metavar="IMAGE...", nargs=-1, required=True, type=PLACE)
@click.option("--concept", type=NAME, required=True, help=CONCEPT)
@click.option("--strength", "strengths", metavar="X", type=float, multiple=True, default=(1.0,), help=STRENGTH)
@click.option(
    "--method", type=click.Choice(["means", "linear"]), help=METHOD, show_default="as edits.RUN in params.yaml"
)
@click.option("--orthogonal/--raw", default=None, help=ORTHOGONAL, show_default="as edits.RUN in params.yaml")
@click.option("-o", "--out", type=PLACE, required=True, help=OUT)
@click.option("--scale", metavar="N", type=click.IntRange(1, 32), help=SCALE, show_default=FITTING)
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

    A picture may have any size. It is rotated according to its EXIF data, cropped to its central square, and scaled to
    the size that RUN was trained on. (A picture of 178×218 pixels is treated as one of CelebA's aligned faces, and
    cropped as for training.) RUN works for faces that fill the square and look at the camera; crop others first.

    A .png becomes a sheet with a row for each picture: original, reconstruction, and one column for each strength. A
    folder receives the edited pictures under the names of the files, followed by the strength if there are several.

    RUN@v1.2.0, RUN@prod or RUN@COMMIT use the network and the vectors of that version, stage or commit, which come from
    DVC's cache or its remote; `atelier models` lists them.

    \b
    Examples:
      atelier edit celeba-vae me.jpg --concept Smiling -o smile.png
      atelier edit celeba-vae me.jpg you.png --concept Eyeglasses --strength -1.5 -o plain.png
      atelier edit celeba-vae me.jpg --concept Male --strength -2 --strength 2 -o strip.png
      atelier edit celeba-vae photos/*.jpg --concept Smiling --strength 2 -o smiling/
    """
    with without_notices():
        root = project.root()
        _check_strengths(strengths)
        targets = _targets(out, paths, strengths)
        found = _find(root, run, unverified)
        vector = _concepts(found).vector(concept, method, orthogonal)
        size, _, channels = descriptions.read(found.directory / trained.CONFIG).spec.shape
        crop = found.prepare_params().get("crop")
        originals = np.stack([picture_files.read(path, size, channels, crop) for path in paths])
        # Imported after the checks, because loading Keras takes seconds.
        from atelier.modalities.images import generate
        from atelier.networks import batching
        from atelier.networks import network as networks

        network = networks.load(found.directory)
        z = np.asarray(batching.apply(network.model.encoder, originals, BATCH)[0])
        edited = (z[:, None] + np.array([0.0, *strengths])[:, None] * vector).astype(np.float32)
        decoded = generate.decode(network, edited.reshape(-1, z.shape[1]), BATCH)
        table = decoded.reshape(len(paths), 1 + len(strengths), *decoded.shape[1:])
        if out.suffix:
            columns = ["original", "reconstruction", *(f"{words(concept)} {strength(value)}" for value in strengths)]
            rows = [p.name if len(p.name) <= MAX_LABEL else f"{p.name[: MAX_LABEL - 3]}..." for p in paths]
            cells = np.concatenate([originals[:, None], table], axis=1)
            pictures.write_png(files.through_link(out), sheet(cells, columns, rows, scale=scale))
        else:
            for target, picture in zip(targets, table[:, 1:].reshape(-1, *table.shape[2:]), strict=True):
                pictures.write_png(target, picture, scale or 1)
    count = f"{len(paths)} picture{'s' if len(paths) > 1 else ''}"
    click.echo(f"{count} with {concept} {', '.join(strength(value) for value in strengths)} by {run}: {out}")


def _check_strengths(strengths: tuple[float, ...]) -> None:
    for value in strengths:
        if not isfinite(value) or abs(value) > MAX_STRENGTH:
            raise ValueError(f"--strength: got {value:g}; allowed are {-MAX_STRENGTH:g} to {MAX_STRENGTH:g}")
    if len(set(map(strength, strengths))) < len(strengths):
        raise ValueError("--strength: the same value is given twice")


def _targets(out: Path, paths: tuple[Path, ...], strengths: tuple[float, ...]) -> list[Path]:
    """Return the files to write, picture by picture, none of which is an input."""
    project.require_writable(out, (".png",))
    suffixes = [""] if len(strengths) == 1 else [strength(value) for value in strengths]
    targets = [out] if out.suffix else [out / f"{path.stem}{suffix}.png" for path in paths for suffix in suffixes]
    duplicate = next((target for target in targets if targets.count(target) > 1), None)
    if duplicate is not None:
        raise ValueError(f"{duplicate}: two pictures have this target; rename one or edit them one after another")
    inputs = {path.resolve() for path in paths}
    for target in targets:
        if target.resolve() in inputs:
            raise ValueError(f"{target}: this would overwrite a picture that is an input; choose another --out")
    return targets


def _find(root: Path, run: str, unverified: bool) -> trained.Trained:
    if "@" not in run:
        # First, because a run without an encoder need not be trained.
        params = file.read(root / "params.yaml")
        _require_encoder(run, params.entry("runs", run).family)
        params.entry("edits", run)
    found = trained.find(root, run, "images", unverified)
    _require_encoder(run, found.family)
    return found


def _require_encoder(run: str, family: str) -> None:
    allowed = file.editable()
    if family not in allowed:
        raise ValueError(f"{run} has no encoder: its family is {family}; families with one are: {', '.join(allowed)}")


def _concepts(found: trained.Trained) -> Concepts:
    directory = found.written("edit", found.run, [FILE, DESCRIPTION])
    if not (directory / FILE).is_file():
        raise ValueError(
            f"{found.run} has no concept vectors here; compute them with `dvc repro edit@{found.run}` "
            f"or fetch them with `dvc pull edit@{found.run}`"
        )
    return Concepts.read(directory)
