"""`atelier check`: check the results against the gates."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from atelier.cli import project
from atelier.cli.arguments import NAME, against_option, allow_missing_option
from atelier.params import file
from atelier.workflow.results import gate_file, gates, outputs, states
from atelier.workflow.versions import revisions
from atelier.workflow.versions.revisions import Commit


@click.command()
@click.argument("runs", metavar="[RUN]...", nargs=-1, type=NAME)
@against_option
@allow_missing_option
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def check(runs: tuple[str, ...], against: str | None, allow_missing: bool, as_json: bool) -> None:
    """Check metrics.json and dvc.lock against gates.yaml and against another commit.

    Fails, with one line for each reason, if a metric is not a finite number, if samples have collapsed, if a score is
    out of its bounds or worse than REV's by more than its noise, if a run of params.yaml has no metrics, if dvc.lock
    lacks a stage, or if an output in dvc.lock is missing. A run is not compared if REV does not have it, or has it with
    other data, another judge or another evaluation.

    \b
    Examples:
      atelier check                              every run, against origin/main
      atelier check mnist-vae --against v1.0.0   one run, against a tag
      atelier check --json                       for a script
    """
    root = project.root()
    commit = revisions.find(root, against)
    report = check_results(root, commit, runs, allow_missing=allow_missing)
    if as_json:
        result = {"against": commit.name, "passed": not report.failures} | asdict(report)
        click.echo(json.dumps(result, indent=2, ensure_ascii=False))
    else:
        for failure in report.failures:
            click.echo(str(failure))
        for note in report.notes:
            click.echo(click.style(note, dim=True))
        what = f"{len(runs) or 'all'} run{'s' if len(runs) != 1 else ''}, {report.held} numbers, against {commit.name}"
        count = len(report.failures)
        click.echo(f"{what}: {f'{count} failed' if count else 'all pass'}")
    if report.failures:
        raise click.exceptions.Exit(1)


def check_results(
    root: Path, commit: Commit, runs: tuple[str, ...] = (), *, allow_missing: bool = False
) -> gates.Report:
    """Check metrics and outputs, as `atelier check` does.

    Raises:
        ValueError: there is no such run, or a file cannot be read.
    """
    limits = gate_file.read(root / gate_file.FILE)
    now = states.in_working_tree(root)
    declared = file.check(now.params)
    for run in runs:
        declared.entry("runs", run)
    if not (root / revisions.METRICS).is_file():
        raise ValueError(f"{root / revisions.METRICS} is missing; `dvc repro summarize` writes it")
    report = gates.check(now, states.at_commit(commit), limits, commit.name, runs or declared.runs, complete=not runs)
    report.failures += outputs.missing(root, runs or None, commit.outs() if allow_missing else None)
    return report
