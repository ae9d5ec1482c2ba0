"""`atelier add`: describe data of a person's own in params.yaml."""

import re
import shutil
import tempfile
from difflib import unified_diff
from pathlib import Path

import click

from atelier.cli import project
from atelier.cli.arguments import NAME, PLACE
from atelier.cli.graph import renew
from atelier.core import files
from atelier.params import document

RAW = Path("data/raw")
CLASSES = "Where labels come from: folders, table or none for pictures; folders, column or none for texts."


@click.command()
@click.argument("name", type=NAME)
@click.argument("path", type=PLACE)
@click.option("--family", type=NAME, required=True, help="What to train: a family of pictures or of texts.")
@click.option("--classes", type=NAME, help=CLASSES, show_default="found out")
@click.option("--dry", is_flag=True, help="Write nothing, but show the change.")
def add(name: str, path: Path, family: str, classes: str | None, dry: bool) -> None:
    """Describe the data in PATH, which is data/raw/NAME, as the dataset NAME, with a run of a family.

    Looks at all pictures or texts, says what it found, and writes `datasets.NAME`, `judges.NAME` and
    `runs.NAME-FAMILY` into params.yaml, with values that fit the data. Entries that exist already are kept as they
    are. The profile NAME, profiles/NAME.yaml, extends the present one by these entries, and `atelier profile apply
    NAME` brings them back. dvc.yaml gains the model of the run.

    \b
    Examples:
      dvc add data/raw/flowers
      atelier add flowers data/raw/flowers --family vae
      dvc repro evaluate@flowers-vae

      atelier add flowers data/raw/flowers --family gan --dry    only show what would be written
    """
    # Imported here, because `--help` needs none of it.
    from atelier.workflow.adding import adding

    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise ValueError(f"NAME: got {name!r}; allowed are letters, digits, '-' and '_'")
    root = project.root()
    tracked = _require_place(root, name, path)
    params, directory, pipeline = root / "params.yaml", root / "profiles", root / "dvc.yaml"
    plan = adding.plan(params, directory, name, path, family, classes)
    for line in plan.seen.lines:
        click.echo(line)
    for problem in plan.seen.problems:
        click.echo(f"problem: {problem}")
    for note in (*plan.notes, *([] if tracked else [f"no {RAW / name}.dvc: run `dvc add {RAW / name}`"])):
        click.echo(f"note: {note}")
    for entry in plan.existing:
        click.echo(f"{entry} exists already; kept as it is")
    profile = directory / f"{plan.profile}.yaml"
    texts = {profile: plan.profile_text, params: plan.params}
    if pipeline.is_file():
        texts[pipeline] = _renewed(root, profile, texts)
    before = {file: document.read_text(file, file.name) if file.exists() else "" for file in texts}
    changed = {file: text for file, text in texts.items() if text != before[file]}
    run = f"{name}-{family}"
    if not changed:
        click.echo(f"nothing to add; `dvc repro evaluate@{run}` runs it")
        return
    if dry:
        for file, text in changed.items():
            shown = file.relative_to(root).as_posix()
            old, new = (version.splitlines(keepends=True) for version in (before[file], text))
            click.echo("".join(unified_diff(old, new, shown, shown)), nl=False)
        click.echo("nothing was written")
        return
    for file, text in changed.items():
        files.write_text(files.through_link(file), text)
    for entry in plan.added:
        click.echo(f"{entry}: added to params.yaml")
    click.echo(f"profiles/{profile.name} written; `dvc repro evaluate@{run}` runs it")


def _require_place(root: Path, name: str, path: Path) -> bool:
    """Raise `ValueError` unless the data are where the stage prepare reads them; return whether DVC tracks them."""
    place = root / RAW / name
    given = Path.cwd() / path
    tracked = place.with_name(f"{name}.dvc").is_file()
    if given.parent.resolve() / given.name != place.parent.resolve() / name:
        raise ValueError(
            f"PATH: got {path}; allowed is {RAW / name}: bring it with `dvc add {path} --out {RAW / name}`"
            if given.exists()
            else f"PATH: got {path}, which does not exist; allowed is {RAW / name}"
        )
    return tracked


def _renewed(root: Path, profile: Path, texts: dict[Path, str]) -> str:
    """Return `dvc.yaml` with the models of all runs, as if `texts` were written; this checks the profiles too."""
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        if profile.parent.is_dir():
            shutil.copytree(profile.parent, copy / "profiles")
        for file, text in texts.items():
            (copy / file.relative_to(root)).write_text(text, encoding="utf-8")
        return renew(document.read_text(root / "dvc.yaml", "dvc.yaml"), copy)[0]
