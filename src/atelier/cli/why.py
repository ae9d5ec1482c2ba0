"""`atelier why`: show which stages would run, and what changed."""

import json
from dataclasses import asdict

import click

from atelier.cli import project
from atelier.cli.arguments import NAME
from atelier.workflow.staleness.staleness import StaleStage, stale_stages


@click.command()
@click.argument("targets", metavar="[TARGET]...", nargs=-1, type=NAME)
@click.option("--allow-missing", is_flag=True, help="Treat missing data as up to date, for a new clone.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON: a list of {stage, certain, causes: [{kind, of, …, text}]}."
)
def why(targets: tuple[str, ...], allow_missing: bool, as_json: bool) -> None:
    """Show which stages `dvc repro TARGET…` would run, and what changed.

    TARGET is a stage (train@mnist-vae), the name of a group of stages (train), or anything else that dvc repro takes;
    by default it is the whole pipeline. All stages before a target are included.

    A stage whose only cause is an upstream stage runs only if that stage writes other data than before. A stage that
    ran before with the same inputs is restored from the run cache instead.

    Exits with 1 if a stage would run, with 0 if none.

    \b
    Examples:
      atelier why                              after an edit: which stages it affects
      atelier why evaluate@mnist-vae           this stage and all stages before it
      atelier why --allow-missing              in a clone without data: is dvc.lock up to date?
      atelier why --json | jq -r '.[].stage'   for scripts
    """
    stages = stale_stages(project.root(), targets, allow_missing)
    if as_json:
        click.echo(json.dumps([asdict(stage) for stage in stages], indent=2, ensure_ascii=False, default=str))
    else:
        click.echo(describe(stages))
    if stages:
        raise click.exceptions.Exit(1)


def describe(stages: list[StaleStage]) -> str:
    """Return a line for each cause, and a last line with the number of stages."""
    certain = sum(stage.certain for stage in stages)
    total = f"{_count(certain)} would run" if stages else "nothing would run"
    if certain < len(stages):
        total += f", {_count(len(stages) - certain)} may after"
    return "\n".join([*(line for stage in stages for line in _lines(stage)), total])


def _lines(stale: StaleStage) -> list[str]:
    """Return a line for each cause; all upstream stages share one."""
    texts = [cause.text for cause in stale.causes if cause.kind != "upstream"]
    upstream = [cause.of for cause in stale.causes if cause.kind == "upstream"]
    texts += [f"upstream {', '.join(upstream)}"] if upstream else []
    return [f"{stale.stage}: {text}" for text in texts]


def _count(stages: int) -> str:
    return f"{stages} stage{'' if stages == 1 else 's'}"
