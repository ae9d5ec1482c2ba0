"""`atelier check`: hold the results against the gates."""

import json
from pathlib import Path

import click

from atelier.cli import project
from atelier.core.door import one_line_errors
from atelier.core.params import document, file
from atelier.repository import gate_file, gates, outputs, revisions


@click.command()
@click.argument("runs", metavar="[RUN]...", nargs=-1)
@click.option(
    "--against", metavar="REV", help="The commit to compare with. [default: origin/main, else main, else HEAD]"
)
@click.option(
    "--allow-missing",
    is_flag=True,
    help="Outputs that REV's dvc.lock names as well need not be here, but in the remote.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON.")
def check(runs: tuple[str, ...], against: str | None, allow_missing: bool, as_json: bool) -> None:
    """Hold metrics.json and dvc.lock against gates.yaml and against another commit.

    Fails, with one line for each reason, where a number is none, samples have collapsed, a score is worse than REV's
    by more than its noise or beyond its ceiling, a run of params.yaml has no metrics, dvc.lock lacks a stage, or what
    it names is nowhere. A run that REV does not have, or has with other data, judge or evaluation, is not compared.

    \b
    Examples:
      atelier check                              every run, against origin/main
      atelier check mnist-vae --against v1.0.0   one run, against a tag
      atelier check --json                       for a script
    """
    with one_line_errors():
        root = project.root()
        than = revisions.short(against or revisions.usual(root))
        verdict = judge(root, than, runs, allow_missing=allow_missing)
    if as_json:
        click.echo(json.dumps(_told(verdict, than), indent=2, ensure_ascii=False))
    else:
        for failure in verdict.failures:
            click.echo(str(failure))
        for note in verdict.notes:
            click.echo(click.style(note, dim=True))
        what = f"{verdict.held} numbers of {len(runs) or 'all'} run{'s' if len(runs) != 1 else ''} held against {than}"
        count = len(verdict.failures)
        click.echo(f"{what}: {f'{count} failed' if count else 'all pass'}")
    if verdict.failures:
        raise click.exceptions.Exit(1)


def judge(root: Path, than: str, runs: tuple[str, ...] = (), *, allow_missing: bool = False) -> gates.Verdict:
    """Everything that `atelier check` looks at.

    Raises:
        ValueError: there is no such commit or run, or a file cannot be read.
    """
    known = gate_file.read(root / gate_file.FILE)
    params = document.load((root / "params.yaml").read_text(encoding="utf-8"), "params.yaml")
    declared = file.check(params)
    for run in runs:
        declared.run(run)
    path = root / "metrics.json"
    if not path.is_file():
        raise ValueError(f"{path} is missing; make it with: dvc repro summarize")
    now = gates.State(revisions.parse_metrics(path.read_text(encoding="utf-8"), path.name), params)
    numbers = revisions.metrics(root, than)
    before = None if numbers is None else gates.State(numbers, revisions.params(root, than) or {})
    verdict = gates.check(now, before, known, than, runs or declared.runs, whole=not runs)
    lock = revisions.text(root, revisions.resolve(root, than), "dvc.lock") if allow_missing else None
    verdict.failures += outputs.missing(root, runs or None, revisions.outputs(lock, f"dvc.lock of {than}"))
    return verdict


def _told(verdict: gates.Verdict, than: str) -> dict[str, object]:
    failures = [
        {"where": f.where, "kind": f.kind, "metric": f.metric or None, "text": f.text} for f in verdict.failures
    ]
    return {
        "against": than,
        "passed": not failures,
        "held": verdict.held,
        "failures": failures,
        "notes": verdict.notes,
    }
