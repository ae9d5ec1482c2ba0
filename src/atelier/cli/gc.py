"""`atelier gc`: show files that can be removed, or remove them."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from atelier.cli import project
from atelier.workflow import dvc_repo
from atelier.workflow.cleanup import cache, checkpoints, files
from atelier.workflow.cleanup.files import Removable

if TYPE_CHECKING:
    from dvc.repo import Repo

KINDS = {
    "objects": "unused objects in DVC's cache",
    "run-cache": "entries of the run cache whose outputs are missing",
    "checkpoints": "training states of stages that are up to date or no longer exist",
    "logs": "logs of stages that are up to date or no longer exist",
    "versions": "fetched models of other commits",
}

ONLY = "Show or remove only files of this kind. Repeat the option for several kinds."


@click.command()
@click.option("--apply", is_flag=True, help="Remove the files, after you confirm.")
@click.option("--yes", is_flag=True, help="With --apply: remove the files without asking.")
@click.option("--only", "kinds", multiple=True, type=click.Choice(list(KINDS)), help=ONLY)
@click.option("--verbose", "-v", is_flag=True, help="List every file and directory.")
def gc(apply: bool, yes: bool, kinds: tuple[str, ...], verbose: bool) -> None:
    """Show, by kind, which files on this disk can be removed; remove them with --apply.

    Data that the workspace, its dvc.lock, a branch (local or remote-tracking), a tag, a stash or an experiment uses are
    kept. Data that only older commits of a branch use are removed: tag these commits, or run `dvc push` first. The
    remote does not change.

    \b
    Examples:
      atelier gc                               what can be removed
      atelier gc --apply                       remove it, after asking
      atelier gc --apply --yes --only logs     only the logs, without asking
    """
    if yes and not apply:
        raise click.UsageError("--yes needs --apply")
    root = project.root()
    with dvc_repo.opened(root) as repo:
        command = cache.running_command(repo) if apply else ""
        if command:
            raise ValueError(f"`{command}` is running here; wait until it ends")
        found, kept = _find(repo, root, kinds)
        _print(found, root, verbose)
        total = readable(sum(part.size for part in found))
        if not any(part.paths for part in found):
            click.echo("nothing to remove")
        elif not apply:
            click.echo(f"{total} can be removed; `atelier gc --apply` does it")
        elif yes or click.confirm(f"Remove {total}?"):
            for part in found:
                if part.kind == "objects" and part.paths:
                    cache.remove_objects(repo, kept)
                elif part.kind != "objects":
                    files.remove(part.paths)
            click.echo(f"{total} removed")


def _find(repo: "Repo", root: Path, kinds: tuple[str, ...]) -> tuple[list[Removable], set[object]]:
    wanted = set(kinds or KINDS)
    found: list[Removable] = []
    kept: set[object] = set()
    if wanted & {"objects", "run-cache"}:
        kept = cache.used(repo, root)
        found += [cache.unused_objects(repo, root, kept), cache.broken_run_cache(repo, root, kept)]
    if wanted - {"objects", "run-cache"}:
        found += checkpoints.find(repo, root)
    return [part for part in found if part.kind in wanted], kept


def _print(found: list[Removable], root: Path, verbose: bool) -> None:
    for part in found:
        click.echo(f"{readable(part.size):>10}  {len(part.paths):6}  {KINDS[part.kind]}")
        if part.note:
            click.echo(click.style(part.note, dim=True))
        for path in part.paths if verbose else ():
            click.echo(f"            {path.relative_to(root) if path.is_relative_to(root) else path}")


def readable(size: float) -> str:
    """Return a number of bytes with a suitable unit.

    >>> readable(999), readable(1_500_000)
    ('999 B', '1.5 MB')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
