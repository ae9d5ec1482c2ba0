"""`atelier models`: every version of every run's model, with its scores, and the runs that have none."""

import json
import sys
from pathlib import Path, PurePosixPath
from typing import Any

import click

from atelier.cli import project, trained
from atelier.core.door import one_line_errors
from atelier.core.params import file
from atelier.repository import locked, registry, revisions, versions

METRICS = "metrics.json"
WIDEST = 200
# The first numbers to look at, of any family; each run shows those that it has.
SCORES = ("fd", "kid", "loss", "perplexity", "bits_per_byte")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list, with every metric and the whole hashes.")
def models(as_json: bool) -> None:
    """List the versions of the models: the tags that GTO makes.

    A version has the scores that metrics.json had at its commit. Runs of params.yaml without any version follow as
    unregistered, with the scores of the working tree. "here" says whether DVC's cache holds the weights; else
    `atelier generate RUN@VERSION` fetches them from the remote.

    \b
    Examples:
      atelier models
      atelier models --json
      gto register mnist-vae --version v1.0.0    tag the present commit as a version
      gto assign mnist-vae --stage prod          put the present commit's version into a stage
      atelier generate mnist-vae@prod -o grid.png
    """
    with one_line_errors():
        rows = _rows(project.root())
    if as_json:
        click.echo(json.dumps(rows, indent=2, sort_keys=True, ensure_ascii=False))
    else:
        _print(rows)


def _rows(root: Path) -> list[dict[str, Any]]:
    found = registry.versions(root)
    rows = []
    for of in found:
        commit = versions.Commit(root, of.commit, f"{of.run}@{of.version}")
        metrics = _metrics(commit.text(METRICS), f"{METRICS} of {commit.name}")
        tagged = {"version": of.version, "stages": list(of.stages), "commit": of.commit}
        tagged["registered"] = of.registered.isoformat()
        rows.append(_row(of.run, metrics, commit.outs(f"train@{of.run}")) | tagged)
    held, lock = root / METRICS, root / "dvc.lock"
    metrics = _metrics(held.read_text(encoding="utf-8") if held.is_file() else None, str(held))
    text = lock.read_text(encoding="utf-8") if lock.is_file() else "{}"
    without = sorted(set(file.read(root / "params.yaml").runs) - {of.run for of in found})
    rows += [_row(run, metrics, locked.outs(text, f"train@{run}", str(lock))) for run in without]
    digests = {row["weights"] for row in rows} - {None}
    here = versions.cached(root, digests)
    return [row | {"here": row["weights"] in here} for row in rows]


def _metrics(text: str | None, name: str) -> dict[str, Any]:
    return {} if text is None else revisions.parse_metrics(text, name)


def _row(run: str, metrics: dict[str, Any], outs: dict[str, locked.Out] | None) -> dict[str, Any]:
    """A run that no version is known of, with the MD5 of its weights."""
    weights = next((out.md5 for path, out in (outs or {}).items() if PurePosixPath(path).name == trained.WEIGHTS), None)
    return {
        "run": run,
        "version": None,
        "stages": [],
        "commit": None,
        "registered": None,
        "metrics": metrics.get(run, {}),
        "weights": weights,
    }


def _print(rows: list[dict[str, Any]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    scores = [name for name in SCORES if any(name in row["metrics"] for row in rows)]
    for name in ("run", "version", "stage"):
        table.add_column(name, no_wrap=True)
    for name in scores:
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("commit", "registered", "here"):
        table.add_column(name, no_wrap=True)
    for row in rows:
        numbers = [f"{row['metrics'][name]:.4g}" if name in row["metrics"] else "" for name in scores]
        of = [row["commit"][:7], row["registered"][:10]] if row["version"] else ["", ""]
        stages = ", ".join(row["stages"])
        table.add_row(
            row["run"], row["version"] or "unregistered", stages, *numbers, *of, "yes" if row["here"] else "no"
        )
    # Into a file or a pipe go whole lines.
    terminal = sys.stdout.isatty()
    Console(width=None if terminal else WIDEST, highlight=False).print(table)
