"""`atelier edit`: change faces in picture files, without running DVC."""

from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from atelier.cli import project, trained
from atelier.cli.arguments import NAME, PLACE, SEED, Number
from atelier.cli.edits import Between, Edit, Moved, Varied
from atelier.core import files, picture_files, pictures, similar
from atelier.core.quiet import without_notices
from atelier.editing.sheets import sheet, strength
from atelier.editing.vectors import DESCRIPTION, FILE, Concepts
from atelier.networks import descriptions
from atelier.networks.descriptions import Description
from atelier.params import file

if TYPE_CHECKING:
    from atelier.editing.space import Space

MAX_STRENGTH = 20.0
MAX_LABEL = 24
FITTING = "makes a picture in a sheet about 96 pixels wide; 1 in a folder"
# Constant, so that the result of a picture does not depend on the number of pictures. An inversion takes time for each
# place in a batch, also for those without a picture.
BATCH, BATCH_OF_INVERSIONS = 16, 1
CONCEPT = "The attribute, such as Smiling; data/edits/RUN/concepts.json lists all of them."
STRENGTH = """How much of the attribute to add; a negative number removes it. 1 is the average difference between faces
    with and without the attribute. Repeat the option to get several columns."""
METHOD = """How the direction of the attribute was computed: from the mean faces with and without it (means), or by a
    linear classifier (linear). Or change what RUN is told of the face instead (condition), if it is told attributes."""
ORTHOGONAL = "Change this attribute only (orthogonal), or also what often occurs together with it (raw)."
NOISE = "Make random variations of each picture instead; 0.1 changes little, 1 gives other faces."
COUNT = "The number of variations."
SEEDS = "The seed of the first variation; a variation depends on its seed only."
BETWEEN = "Make N pictures from one to the other of two pictures instead."
OUT = "Where to write: a .png file (one sheet), or a folder (a .png file for each edited picture)."
SCALE = "Enlarge the pictures: each pixel becomes a square of N×N pixels."


@click.command()
@click.argument("run", type=NAME)
@click.argument("paths", metavar="IMAGE...", nargs=-1, required=True, type=PLACE)
@click.option("--concept", type=NAME, help=CONCEPT)
@click.option("--strength", "strengths", metavar="X", type=float, multiple=True, help=STRENGTH, show_default="1")
@click.option(
    "--method",
    type=click.Choice(["means", "linear", "condition"]),
    help=METHOD,
    show_default="as edits.RUN in params.yaml",
)
@click.option("--orthogonal/--raw", default=None, help=ORTHOGONAL, show_default="as edits.RUN in params.yaml")
@click.option("--noise", metavar="X", type=Number(0, 10, min_open=True), help=NOISE)
@click.option("-n", "--count", metavar="N", type=click.IntRange(1, 1000), help=COUNT, show_default="8")
@click.option("--seed", metavar="N", type=SEED, help=SEEDS, show_default="0")
@click.option("--between", metavar="N", type=click.IntRange(2, 1000), help=BETWEEN)
@click.option("-o", "--out", type=PLACE, required=True, help=OUT)
@click.option("--scale", metavar="N", type=click.IntRange(1, 32), help=SCALE, show_default=FITTING)
@trained.unverified_option
def edit(
    run: str,
    paths: tuple[Path, ...],
    concept: str | None,
    strengths: tuple[float, ...],
    method: str | None,
    orthogonal: bool | None,
    noise: float | None,
    count: int | None,
    seed: int | None,
    between: int | None,
    out: Path,
    scale: int | None,
    unverified: bool,
) -> None:
    """Edit the faces in picture files with RUN, a trained run of images.

    A picture may have any size. It is rotated according to its EXIF data, cropped to its central square, and scaled to
    the size that RUN was trained on. (A picture of 178×218 pixels is treated as one of CelebA's aligned faces, and
    cropped as for training.) RUN works for faces that fill the square and look at the camera; crop others first.

    Choose one of --concept, --noise and --between. --concept, and any edit with a run whose family has no encoder, such
    as a GAN, needs what the stage edit@RUN computed.

    A .png becomes a sheet with a row for each picture: original, reconstruction, and the edited pictures. A folder
    receives the edited pictures under the names of the files, followed by strength, seed or number if there are
    several.

    RUN@v1.2.0, RUN@prod or RUN@COMMIT use the network and the vectors of that version, stage or commit, which come from
    DVC's cache or its remote; `atelier models` lists them.

    \b
    Examples:
      atelier edit celeba-vae me.jpg --concept Smiling -o smile.png
      atelier edit celeba-gan me.jpg you.png --concept Eyeglasses --strength -1.5 -o plain.png
      atelier edit celeba-vae me.jpg --concept Male --strength -2 --strength 2 -o strip.png
      atelier edit celeba-vae photos/*.jpg --concept Smiling --strength 2 -o smiling/
      atelier edit celeba-gan me.jpg --noise 0.1 -n 8 -o variations.png
      atelier edit celeba-vae me.jpg you.jpg --between 8 -o between.png
    """
    with without_notices():
        root = project.root()
        _check_options(
            {"--concept": concept, "--noise": noise, "--between": between},
            {
                "--concept": {"--strength": strengths or None, "--method": method, "--orthogonal": orthogonal},
                "--noise": {"--count": count, "--seed": seed},
            },
        )
        _check_strengths(strengths)
        if between and len(paths) != 2:
            raise ValueError(f"--between: got {len(paths)} picture{'s' if len(paths) > 1 else ''}; allowed are 2")
        project.require_writable(out, (".png",))
        found = _find(root, run, concept is not None, unverified)
        description = descriptions.read(found.directory / trained.CONFIG)
        chosen: Edit
        if concept is not None:
            chosen = _moved(found, description, concept, strengths or (1.0,), method, orthogonal)
        else:
            chosen = Between(between) if between else Varied(noise or 0.0, count or 8, seed or 0)
        targets = _targets(out, paths, chosen)
        size, _, channels = description.spec.shape
        crop = found.prepare_params().get("crop")
        originals = np.stack([picture_files.read(path, size, channels, crop) for path in paths])
        edited, unedited, name = _edited(_space(found, description), originals, chosen)
        if out.suffix:
            first, last = originals[:, None], unedited[:, None]
            if between:
                cells, columns, rows = [first[:1], edited, first[1:]], ["original", *chosen.columns, "original"], []
            else:
                cells, columns = [first, last, edited], ["original", name, *chosen.columns]
                rows = [p.name if len(p.name) <= MAX_LABEL else f"{p.name[: MAX_LABEL - 3]}..." for p in paths]
            drawn = sheet(np.concatenate(cells, axis=1), columns, rows, scale=scale)
            pictures.write_png(files.through_link(out), drawn)
        else:
            for target, picture in zip(targets, edited.reshape(-1, *edited.shape[2:]), strict=True):
                pictures.write_png(target, picture, scale or 1)
    given = f"{len(paths)} picture{'s' if len(paths) > 1 else ''}"
    click.echo(f"{given}{' with' if concept else ':'} {chosen} by {run}: {out}")


def _check_options(ways: dict[str, object], own: dict[str, dict[str, object]]) -> None:
    """Raise `ValueError` unless one way is given, and only options of its own."""
    given = [way for way, value in ways.items() if value is not None]
    if len(given) != 1:
        came = f"got {' and '.join(given)}" if given else "none is given"
        raise ValueError(f"{came}; choose one of {', '.join(ways)}")
    for way, options in own.items():
        for option, value in options.items():
            if value is not None and way not in given:
                raise ValueError(f"{option} belongs to {way}; it does nothing with {given[0]}")


def _check_strengths(strengths: tuple[float, ...]) -> None:
    for value in strengths:
        if not isfinite(value) or abs(value) > MAX_STRENGTH:
            raise ValueError(f"--strength: got {value:g}; allowed are {-MAX_STRENGTH:g} to {MAX_STRENGTH:g}")
    if len(set(map(strength, strengths))) < len(strengths):
        raise ValueError("--strength: the same value is given twice")


def _targets(out: Path, paths: tuple[Path, ...], chosen: Edit) -> list[Path]:
    """Return the files to write, row by row, none of which is an input."""
    targets = [out] if out.suffix else [out / f"{name}.png" for name in chosen.names(paths)]
    duplicate = next((target for target in targets if targets.count(target) > 1), None)
    if duplicate is not None:
        raise ValueError(f"{duplicate}: two pictures have this target; rename one or edit them one after another")
    inputs = {path.resolve() for path in paths}
    for target in targets:
        if target.resolve() in inputs:
            raise ValueError(f"{target}: this would overwrite a picture that is an input; choose another --out")
    return targets


def _find(root: Path, run: str, with_concept: bool, unverified: bool) -> trained.Trained:
    if "@" not in run:
        # First, because a run without an edit stage need not be trained.
        params = file.read(root / "params.yaml")
        family = params.entry("runs", run).family
        if file.modality(family) == "images" and (with_concept or not file.has_encoder(family)):
            params.entry("edits", run)
    found = trained.find(root, run, "images", unverified)
    if not (found.inverted or file.has_encoder(found.family)):
        raise ValueError(f"{run}: {found.family} has no encoder, and its params.yaml no edits.{found.run}.inversion")
    return found


def _moved(
    found: trained.Trained,
    description: Description,
    concept: str,
    strengths: tuple[float, ...],
    method: str | None,
    orthogonal: bool | None,
) -> Moved:
    names = description.spec.attributes
    if method != "condition":
        concepts = Concepts.read(_written(found, [FILE, DESCRIPTION]))
        return Moved(concept, strengths, 0, concepts.vector(concept, method, orthogonal))
    if description.config.get("condition") != "attributes":
        raise ValueError(f"--method: got condition; {found.run} is told no attributes, allowed are means and linear")
    if orthogonal is not None:
        raise ValueError("--orthogonal and --raw choose among vectors; they do nothing with --method condition")
    if concept not in names:
        known = f"{', '.join(names)}{similar.suggestion(concept, names)}"
        raise ValueError(f"no concept {concept!r}; known are: {known}")
    return Moved(concept, strengths, names.index(concept), None)


def _space(found: trained.Trained, description: Description) -> "Space":
    """Load the network, and what finds the latents of pictures."""
    told = description.config.get("condition", "none") != "none"
    inverter = _written(found, [trained.CONFIG, trained.WEIGHTS]) if found.inverted else None
    judge = None
    if inverter or told:
        judge = found.written("judge", found.dataset, [trained.CONFIG, trained.WEIGHTS])
    # Imported after the checks, because loading Keras takes seconds.
    from atelier.editing.space import load

    return load(found.directory, inverter, judge, BATCH_OF_INVERSIONS if inverter else BATCH)


def _edited(space: "Space", originals: np.ndarray, chosen: Edit) -> tuple[np.ndarray, np.ndarray, str]:
    """Return edited pictures ``(rows, columns, h, w, c)``, unedited ones ``(n, h, w, c)``, and the name of these."""
    points = space.points(originals, space.predicted(originals))
    return space.pictures(chosen.points(space, points)), space.pictures(points), space.picture


def _written(found: trained.Trained, names: Sequence[str]) -> Path:
    """Return the directory of files that the stage `edit` wrote; `ValueError` if one is missing."""
    directory = found.written("edit", found.run, list(names))
    if missing := [name for name in names if not (directory / name).is_file()]:
        what, them = ("concept vectors", "them") if {FILE, DESCRIPTION} & {*missing} else ("inverter", "it")
        raise ValueError(
            f"{found.run} has no {what} here; compute {them} with `dvc repro edit@{found.run}` "
            f"or fetch {them} with `dvc pull edit@{found.run}`"
        )
    return directory
