"""`atelier profile`: choose the scale that `params.yaml` describes."""

from pathlib import Path

import click

from atelier.cli import project, strays
from atelier.core.door import one_line_errors
from atelier.core.params import document, profiles


@click.group()
def profile() -> None:
    """Choose the scale: demo, laptop or full.

    A profile is a set of values for `params.yaml`; it lies in `profiles/`. Applying one rewrites `params.yaml` and
    keeps its comments; DVC then reruns what the changed values reach.

    \b
    Examples:
      atelier profile list
      atelier profile diff laptop          what applying `laptop` would change
      atelier profile diff laptop full     how the two differ
      atelier profile apply laptop && dvc repro
      atelier profile apply laptop --source mirror    the same from the mirror that ATELIER_MIRROR names
    """


@profile.command("list")
def list_() -> None:
    """The profiles there are; * marks the one that params.yaml equals."""
    with one_line_errors():
        directory, params = _places()
        known = profiles.names(directory)
        current = profiles.current(directory, params)
        width = max(map(len, known), default=0)
        for name in known:
            line = f"{'*' if name == current else ' '} {name:{width}}  {profiles.description(directory, name)}"
            click.echo(line.rstrip())
        if current is None:
            click.echo("params.yaml equals none of them; `atelier profile diff NAME` says where it differs")


@profile.command()
@click.argument("name")
def show(name: str) -> None:
    """Print the whole set of parameters that NAME stands for, as YAML."""
    with one_line_errors():
        directory, _ = _places()
        resolved = profiles.resolve(directory, name)
        click.echo(document.dump(resolved), nl=False)


@profile.command()
@click.argument("name")
@click.argument("other", required=False)
def diff(name: str, other: str | None) -> None:
    """Print what applying NAME would change, or how OTHER differs from NAME."""
    with one_line_errors():
        directory, params = _places()
        named = profiles.resolve(directory, name)
        if other is None:
            held = document.load(params.read_text(encoding="utf-8"), params.name)
            changes, same = profiles.compare(held, named), f"params.yaml is {name}"
        else:
            changes, same = profiles.compare(named, profiles.resolve(directory, other)), f"{name} and {other} are equal"
        click.echo("\n".join(map(str, changes)) or same)


@profile.command()
@click.argument("name")
@click.option("--source", help="Take every dataset from there instead: embedded, upstream or mirror.")
def apply(name: str, source: str | None) -> None:
    """Rewrite params.yaml so that it holds NAME, and print what changed.

    Comments stay. The values are checked before anything is written. Changes of your own to params.yaml are replaced:
    Git has them if they were committed. Outputs of runs that NAME does not have leave the workspace, if DVC's cache
    keeps them.
    """
    with one_line_errors():
        directory, params = _places()
        held = document.load(params.read_text(encoding="utf-8"), params.name)
        changes = profiles.compare(held, profiles.resolve(directory, name, source))
        gone = [change.path[1] for change in changes if change.kind == "removed" and change.path[0] == "runs"]
        safe, unsafe = strays.restorable(params.parent, gone) if gone else ([], [])
        changes = profiles.apply(directory, name, params, source)
        if not changes:
            click.echo(f"params.yaml is {name} already")
            return
        click.echo("\n".join(map(str, changes)))
        strays.remove(safe)
        for path in safe:
            click.echo(f"{path.relative_to(params.parent)}: left the workspace; DVC's cache keeps it")
        for path in unsafe:
            click.echo(f"{path.relative_to(params.parent)}: stays, since DVC's cache does not hold it as it is")
        click.echo(f"params.yaml is {name} now; `dvc repro` runs what this reaches")


def _places() -> tuple[Path, Path]:
    root = project.root()
    return root / "profiles", root / "params.yaml"
