"""`atelier publish`: results to the team, if no gate fails."""

import click

from atelier.cli import project
from atelier.cli.check import judge
from atelier.core.door import one_line_errors
from atelier.repository import publishing, revisions


@click.command()
@click.option("--base", default="main", show_default=True, help="The branch that the results are for.")
@click.option("--remote", default="origin", show_default=True, help="Git's remote.")
@click.option("--against", metavar="REV", help="What the gates compare with. [default: as of `atelier check`]")
@click.option("--allow-missing", is_flag=True, help="As of `atelier check`.")
def publish(base: str, remote: str, against: str | None, allow_missing: bool) -> None:
    """Push data to DVC's remote, then dvc.lock, metrics.json and params.yaml as a branch retrain/COMMIT.

    Nothing is sent where a gate fails, where code differs from the commit, or where the base has moved on. Data go
    first, so that no commit names what nobody can fetch. Your own branch, index and files stay as they are.

    \b
    Examples:
      atelier publish                   for main of origin
      atelier publish --base develop    for another branch
    """
    with one_line_errors():
        root = project.root()
        than = revisions.short(against or revisions.usual(root))
        failures = judge(root, than, allow_missing=allow_missing).failures
        for failure in failures:
            click.echo(str(failure))
        if failures:
            raise ValueError(
                f"nothing was sent: {len(failures)} failed beside {than}; `atelier check` tells them again"
            )
        sent = publishing.publish(root, remote, base)
    if not sent.commit:
        click.echo(f"nothing new to commit: {base} has these results; their data are in the remote")
    elif sent.there:
        click.echo(f"{sent.name} is on {remote} with these results already")
    else:
        click.echo(f"{sent.name} is on {remote}: {sent.commit[:10]}")
