"""`atelier why`: which stages would run, and what changed."""

import json

import click

from atelier.cli import project
from atelier.core.door import one_line_errors
from atelier.repository.staleness import Verdict, stale


@click.command()
@click.argument("targets", metavar="[TARGET]...", nargs=-1)
@click.option(
    "--allow-missing",
    is_flag=True,
    help="Take data that are not here for what dvc.lock says they were: a clone without data then answers as one with.",
)
@click.option("--json", "as_json", is_flag=True, help="A list of {stage, certain, causes: [{kind, of, …, text}]}.")
def why(targets: tuple[str, ...], allow_missing: bool, as_json: bool) -> None:
    """Say which stages `dvc repro TARGET…` would run, and what changed.

    TARGET is a stage (train@mnist-vae), a name declared once for many (train), or whatever else dvc repro takes;
    without one it is the whole pipeline. What a target comes after is looked at as well.

    A stage whose only cause is an upstream one may turn out unchanged: DVC decides when it knows what that has written.
    A stage that ran before with the same inputs is restored from the run cache instead.

    Exits with 1 if a stage would run, with 0 if none.

    \b
    Examples:
      atelier why                              after an edit: what it reaches
      atelier why evaluate@mnist-vae           for this stage and what comes before it
      atelier why --allow-missing              in a clone without data: is dvc.lock up to date?
      atelier why --json | jq -r '.[].stage'   for scripts
    """
    with one_line_errors():
        verdicts = stale(project.root(), targets, allow_missing)
    if as_json:
        click.echo(json.dumps([verdict.as_json() for verdict in verdicts], indent=2, ensure_ascii=False, default=str))
    else:
        click.echo("\n".join([*(line for verdict in verdicts for line in lines(verdict)), summary(verdicts)]))
    if verdicts:
        raise click.exceptions.Exit(1)


def lines(verdict: Verdict) -> list[str]:
    """A line for each cause, the upstream stages together on one."""
    texts = [cause.text for cause in verdict.causes if cause.kind != "upstream"]
    upstream = [cause.of for cause in verdict.causes if cause.kind == "upstream"]
    texts += [f"upstream {', '.join(upstream)}"] if upstream else []
    return [f"{verdict.stage}: {text}" for text in texts]


def summary(verdicts: list[Verdict]) -> str:
    """How many would run, and how many may."""
    certain = sum(verdict.certain for verdict in verdicts)
    after = len(verdicts) - certain
    if not verdicts:
        return "nothing would run"
    return f"{_stages(certain)} would run" + (f", {_stages(after)} may after" if after else "")


def _stages(count: int) -> str:
    return f"{count} stage{'' if count == 1 else 's'}"
