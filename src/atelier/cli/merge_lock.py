"""`atelier merge-lock`: the command with which Git merges `dvc.lock` and `metrics.json`."""

from pathlib import Path

import click

from atelier.cli.arguments import PLACE
from atelier.core import files
from atelier.workflow.results import merging


@click.command("merge-lock")
@click.argument("base", type=PLACE)
@click.argument("ours", type=PLACE)
@click.argument("theirs", type=PLACE)
@click.option("--metrics", is_flag=True, help="Merge three versions of metrics.json instead of dvc.lock.")
def merge_lock(base: Path, ours: Path, theirs: Path, metrics: bool) -> None:
    """Merge THEIRS into OURS, two versions of dvc.lock whose common ancestor is BASE.

    Git calls this in a checkout where `make setup` was run; .gitattributes names the files. A stage that one side
    changed is taken from that side. If both sides changed a stage, its entry is left out, one line reports it, and
    `dvc repro` runs it and the stages after it, or restores them from the run cache.

    Exits with 1, and does not change OURS, if a file cannot be read: Git then reports a conflict.

    \b
    Examples:
      git config merge.dvc-lock.driver 'atelier merge-lock %O %A %B'
      git config merge.dvc-metrics.driver 'atelier merge-lock --metrics %O %A %B'
      atelier merge-lock old.lock mine.lock yours.lock     by hand; the result is written to mine.lock
    """
    texts = [_text(path) for path in (base, ours, theirs)]
    name = "metrics.json" if metrics else "dvc.lock"
    try:
        if metrics:
            text, both = merging.merge_metrics(*texts)
            lines = [f"{path}: changed on both sides, ours is kept until `dvc repro` computes it" for path in both]
        else:
            text, stale = merging.merge_locks(*texts)
            lines = [str(entry) for entry in stale]
    except ValueError as error:
        raise ValueError(f"{name} cannot be merged, ours is kept: {error}") from None
    files.write_text(files.through_link(ours), text)
    for line in lines:
        click.echo(f"{name}: {line}", err=True)


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 text: {error}") from None
