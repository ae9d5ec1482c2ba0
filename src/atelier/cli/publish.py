"""`atelier publish`: push results to the team, if no gate fails."""

import click

from atelier.cli import project
from atelier.cli.arguments import NAME, against_option, allow_missing_option
from atelier.cli.check import check_results
from atelier.workflow.results import publishing
from atelier.workflow.versions import revisions


@click.command()
@click.option("--base", default="main", type=NAME, help="The branch into which the results will be merged.")
@click.option("--remote", default="origin", type=NAME, help="The Git remote to push to.")
@against_option
@allow_missing_option
def publish(base: str, remote: str, against: str | None, allow_missing: bool) -> None:
    """Push data to DVC's remote, then dvc.lock, metrics.json and params.yaml as a branch retrain/COMMIT.

    Nothing is sent if a gate fails, if code differs from the commit, or if the base has new commits. The data are
    pushed first, so that every pushed commit has its data. Your own branch, index and files do not change.

    \b
    Examples:
      atelier publish                   for main of origin
      atelier publish --base develop    for another branch
    """
    root = project.root()
    commit = revisions.find(root, against)
    failures = check_results(root, commit, allow_missing=allow_missing).failures
    for failure in failures:
        click.echo(str(failure))
    if failures:
        raise ValueError(f"nothing was sent: {len(failures)} checks against {commit.name} failed")
    branch = publishing.publish(root, remote, base)
    if not branch.commit:
        click.echo(f"nothing new to commit: {base} has these results; their data are in the remote")
    elif branch.already_there:
        click.echo(f"{branch.name} is already on {remote}, with these results")
    else:
        click.echo(f"{branch.name} is on {remote}: {branch.commit[:10]}")
