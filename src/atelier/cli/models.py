"""`atelier models`: list every version of every model, with its scores, and the runs without a version."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import click

from atelier.cli import project, trained
from atelier.core import terminal
from atelier.params import file
from atelier.workflow.versions import fetching, lock_file, registry, revisions

WIDTH = 200
# The most important metrics of all families.
SCORES = ("fd", "kid", "loss", "perplexity", "bits_per_byte")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list, with all metrics and full hashes.")
def models(as_json: bool) -> None:
    """List the versions of the models, which are the tags that GTO makes.

    A version has the scores that metrics.json had at its commit. Runs of params.yaml without a version are listed last,
    as unregistered, with the scores of the working tree. "here" says whether DVC's cache has the weights; otherwise
    `atelier generate RUN@VERSION` fetches them from the remote.

    \b
    Examples:
      atelier models
      atelier models --json
      gto register mnist-vae --version v1.0.0    tag the current commit as a version
      gto assign mnist-vae --stage prod          assign the current commit's version to a stage
      atelier generate mnist-vae@prod -o grid.png
    """
    rows = _rows(project.root())
    if as_json:
        click.echo(json.dumps(rows, indent=2, sort_keys=True, ensure_ascii=False))
    else:
        _print(rows)


def _rows(root: Path) -> list[dict[str, Any]]:
    versions = registry.versions(root)
    rows = []
    for version in versions:
        commit = revisions.Commit(root, version.commit, f"{version.run}@{version.version}")
        row = _row(version.run, commit.metrics() or {}, commit.outs())
        row |= {"version": version.version, "stages": list(version.stages), "commit": version.commit}
        rows.append(row | {"registered": version.registered.isoformat()})
    metrics, outs = revisions.metrics_here(root), lock_file.read_here(root)
    unregistered = sorted(set(file.read(root / "params.yaml").runs) - {version.run for version in versions})
    rows += [_row(run, metrics, outs) for run in unregistered]
    here = fetching.cached(root, {row["weights"] for row in rows} - {None})
    return [row | {"here": row["weights"] in here} for row in rows]


def _row(run: str, metrics: Mapping[str, Any], outs: Mapping[str, Mapping[str, lock_file.Out]]) -> dict[str, Any]:
    """Return the row of a run without a version, with the MD5 of its weights."""
    written = outs.get(f"train@{run}", {}).values()
    weights = next((out.md5 for out in written if out.md5 and PurePosixPath(out.path).name == trained.WEIGHTS), None)
    unregistered: dict[str, Any] = {"version": None, "stages": [], "commit": None, "registered": None}
    return {"run": run, "metrics": metrics.get(run, {}), "weights": weights} | unregistered


def _print(rows: list[dict[str, Any]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    scores = [name for name in SCORES if any(name in row["metrics"] for row in rows)]
    for name in ("run", "version", "stage", *scores, "commit", "registered", "here"):
        table.add_column(name, justify="right" if name in scores else "left", no_wrap=True)
    for row in rows:
        numbers = [f"{row['metrics'][name]:.4g}" if name in row["metrics"] else "" for name in scores]
        tag = [row["commit"][:7], row["registered"][:10]] if row["version"] else ["", ""]
        names = [row["run"], row["version"] or "unregistered", ", ".join(row["stages"])]
        table.add_row(*names, *numbers, *tag, "yes" if row["here"] else "no")
    # In a file or a pipe, lines must not be wrapped.
    terminal.console(width=None if sys.stdout.isatty() else WIDTH, highlight=False).print(table)
