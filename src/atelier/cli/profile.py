"""`atelier profile`: choose the scale of `params.yaml`."""

from pathlib import Path

import click

from atelier.cli import project
from atelier.cli.arguments import NAME
from atelier.core import files, terminal
from atelier.params import document, profiles
from atelier.workflow.cleanup import removed_runs

SOURCE = """Where to get all datasets from, instead of the profile's own choice: embedded (drawn by this repository),
    upstream (the official hosts) or mirror (the place that ATELIER_MIRROR names)."""


@click.group()
def profile() -> None:
    """Choose the scale: demo, laptop or full.

    A profile is a file in `profiles/` with values for `params.yaml`. Applying one rewrites `params.yaml` and keeps its
    comments; DVC then runs the stages that the changed values affect.

    \b
    Examples:
      atelier profile list
      atelier profile diff laptop          what applying `laptop` would change
      atelier profile diff laptop full     how the two differ
      atelier profile apply laptop && dvc repro
      atelier profile apply laptop --source mirror    with data from the mirror that ATELIER_MIRROR names
    """


@profile.command("list")
def list_() -> None:
    """List the profiles; * marks the one that params.yaml equals.

    \b
    Example:
      atelier profile list
    """
    directory, params = _paths()
    known = profiles.names(directory)
    current = profiles.current(directory, params)
    width = max(map(len, known), default=0)
    for name in known:
        mark = "*" if name == current else " "
        click.echo(f"{mark} {name:{width}}  {profiles.description(directory, name)}".rstrip())
    if current is None:
        click.echo("params.yaml equals none of them; `atelier profile diff NAME` shows the difference")


@profile.command()
@click.argument("name", type=NAME)
def show(name: str) -> None:
    """Print the complete parameters of NAME, as YAML.

    \b
    Example:
      atelier profile show full | less
    """
    directory, _ = _paths()
    click.echo(document.dump(profiles.resolve(directory, name)), nl=False)


@profile.command()
@click.argument("name", type=NAME)
@click.argument("other", required=False, type=NAME)
def diff(name: str, other: str | None) -> None:
    """Print what applying NAME would change, or how OTHER differs from NAME.

    \b
    Examples:
      atelier profile diff laptop
      atelier profile diff laptop full
    """
    directory, params = _paths()
    named = profiles.resolve(directory, name)
    if other is None:
        current = document.read(params, params.name)
        changes, same = profiles.compare(current, named), f"params.yaml is {name}"
    else:
        changes, same = profiles.compare(named, profiles.resolve(directory, other)), f"{name} and {other} are equal"
    click.echo("\n".join(map(str, changes)) or same)


@profile.command()
@click.argument("name", type=NAME)
@click.option("--source", type=NAME, help=SOURCE)
def apply(name: str, source: str | None) -> None:
    """Rewrite params.yaml with the values of NAME, and print what changed.

    Comments stay. The values are validated before anything is written. Your own changes to params.yaml are replaced;
    commit them first to keep them in Git. Outputs of runs that NAME does not have are removed from the workspace if
    DVC's cache can restore them.

    \b
    Examples:
      atelier profile apply laptop
      atelier profile apply full --source mirror
    """
    directory, params = _paths()
    text, changes = profiles.applied(directory, name, params, source)
    removed = [change.path[1] for change in changes if change.kind == "removed" and change.path[0] == "runs"]
    safe, unsafe = removed_runs.restorable(params.parent, removed)
    if not changes:
        click.echo(f"params.yaml is {name} already")
        return
    lines = list(map(str, changes))
    lines += [f"{path.relative_to(params.parent)}: removed from the workspace; DVC's cache has it" for path in safe]
    lines += [
        f"{path.relative_to(params.parent)}: kept, because DVC's cache does not have it as it is" for path in unsafe
    ]
    # One block is printed, and the new file is complete on the disk, before anything changes: a full disk, a closed
    # pipe or a directory that cannot be removed leaves params.yaml as it was.
    with files.atomic(params.resolve()) as temporary:
        temporary.write_text(text, encoding="utf-8")
        click.echo("\n".join(lines))
        removed_runs.remove(safe)
    try:
        click.echo(f"params.yaml is {name} now; `dvc repro` runs the stages that this affects")
    except BrokenPipeError as error:
        # `head` has read enough; everything is done.
        terminal.lost_output(error)


def _paths() -> tuple[Path, Path]:
    root = project.root()
    return root / "profiles", root / "params.yaml"
