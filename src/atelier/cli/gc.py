"""`atelier gc`: what could be freed, and freeing it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from atelier.cli import project
from atelier.core.door import one_line_errors

if TYPE_CHECKING:
    from dvc.repo import Repo

    from atelier.repository.garbage import Freeable

KINDS = {
    "objects": "objects of DVC's cache that nothing uses",
    "run-cache": "entries of the run-cache whose outputs are gone",
    "checkpoints": "states of trainings that are done, or whose run left",
    "logs": "logs of stages that are done, or left",
    "versions": "models of other commits that were fetched",
}


@click.command()
@click.option("--apply", "free", is_flag=True, help="Free it, after asking.")
@click.option("--yes", is_flag=True, help="Free it without asking.")
@click.option("--only", "kinds", multiple=True, type=click.Choice(list(KINDS)), help="Only this kind; may be repeated.")
@click.option("--verbose", "-v", is_flag=True, help="Name every file and directory.")
def gc(free: bool, yes: bool, kinds: tuple[str, ...], verbose: bool) -> None:
    """Say what could be freed on this disk, by kind, or free it with --apply.

    What the workspace, its dvc.lock, a branch (local or remote-tracking), a tag, a stash or an experiment uses stays.
    Older commits of a branch lose what no other uses: tag what has to stay, or `dvc push` it before. The remote is
    not touched.

    \b
    Examples:
      atelier gc                               what could go
      atelier gc --apply                       free it, after asking
      atelier gc --apply --yes --only logs     only the logs, without asking
    """
    if yes and not free:
        raise click.UsageError("--yes goes with --apply")
    with one_line_errors():
        # Imported here: DVC takes a third of a second to load.
        from atelier.repository import garbage, leftovers

        root = project.root()
        with garbage.opened(root) as repo:
            busy = garbage.running(repo) if free else ""
            if busy:
                raise ValueError(f"`{busy}` is at work here; wait until it has ended")
            found, kept = _look(repo, root, kinds)
            _tell(found, root, verbose)
            total = sum(part.size for part in found)
            if not any(part.paths for part in found):
                click.echo("nothing to free")
            elif not free:
                click.echo(f"{readable(total)} could go; `atelier gc --apply` frees it")
            elif yes or click.confirm(f"Free {readable(total)}?"):
                for part in found:
                    if part.kind == "objects" and part.paths:
                        garbage.remove_objects(repo, kept)
                    elif part.kind != "objects":
                        leftovers.remove(part.paths)
                click.echo(f"{readable(total)} freed")


def _look(repo: "Repo", root: Path, kinds: tuple[str, ...]) -> "tuple[list[Freeable], set[object]]":
    from atelier.repository import garbage, leftovers

    wanted = set(kinds or KINDS)
    found: list[Freeable] = []
    kept: set[object] = set()
    if wanted & {"objects", "run-cache"}:
        kept = garbage.used(repo, root)
        found += [garbage.objects(repo, root, kept), garbage.run_cache(repo, root, kept)]
    if wanted - {"objects", "run-cache"}:
        found += leftovers.find(repo, root)
    return [part for part in found if part.kind in wanted], kept


def _tell(found: "list[Freeable]", root: Path, verbose: bool) -> None:
    for part in found:
        click.echo(f"{readable(part.size):>10}  {len(part.paths):6}  {KINDS[part.kind]}")
        if part.note:
            click.echo(click.style(part.note, dim=True))
        for path in part.paths if verbose else ():
            click.echo(f"            {path.relative_to(root) if path.is_relative_to(root) else path}")


def readable(size: float) -> str:
    """Bytes as people say them.

    >>> readable(999), readable(1_500_000)
    ('999 B', '1.5 MB')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
