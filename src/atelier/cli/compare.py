"""`atelier compare`: compare the working tree with another commit."""

from pathlib import Path

import click

from atelier.cli import project
from atelier.cli.arguments import NAME, PLACE, TEXT
from atelier.core import files, terminal
from atelier.params import document
from atelier.workflow.results import comparison_markdown, exhibition, gate_file, machines, states
from atelier.workflow.results.comparison import MARKS, Comparison
from atelier.workflow.results.comparison import compare as compare_states
from atelier.workflow.results.states import State
from atelier.workflow.versions import lock_file, revisions
from atelier.workflow.versions.revisions import Commit

OUT = "Write two files to this folder: comparison.md, with samples of both sides, and summary.md, without samples."
PICTURES_AT = "The address of the folder, for the links to pictures in comparison.md, if it will be on a website."


@click.command()
@click.argument("rev", required=False, type=NAME)
@click.option("--markdown", is_flag=True, help="Print Markdown, for a pull request, instead of tables.")
@click.option("-o", "--out", type=PLACE, help=OUT)
@click.option("--pictures-at", default="", metavar="URL", type=TEXT, help=PICTURES_AT, show_default=False)
def compare(rev: str | None, markdown: bool, out: Path | None, pictures_at: str) -> None:
    """Compare parameters, metrics, outputs and samples with REV: by default origin/main, else main, else HEAD.

    A metric counts as better or worse only if it changes by more than its noise, which gates.yaml defines. REV's
    samples come from the cache or the remote. Pictures of runs on faces of real people are never copied.

    \b
    Examples:
      atelier compare                             tables, in the terminal
      atelier compare v1.0.0 --markdown           the same for a pull request
      atelier compare -o comparison               comparison/comparison.md, with pictures
    """
    root = project.root()
    commit = revisions.find(root, rev)
    if out is not None:
        _require_replaceable(out)
    now, before = states.in_working_tree(root), states.at_commit(commit)
    gates = gate_file.read(root / gate_file.FILE)
    outs, earlier = lock_file.read_here(root), commit.outs()
    found = compare_states(now, before, gates, commit.name, outs, earlier, commit.hash)
    found = found.noted(machines.differences(root, commit, found.metrics, outs, earlier))
    if out is not None:
        sides = _sides(commit, found, now, before)
        # Replace the whole folder: pictures of an earlier comparison may be private now.
        with files.atomic_directory(out) as folder:
            paths = {run: exhibition.write(folder, run, shown) for run, shown in sides.items()}
            text = comparison_markdown.render(found, sides, paths, pictures_at)
            files.write_text(folder / "comparison.md", text)
            files.write_text(folder / "summary.md", comparison_markdown.render(found, {}, {}))
    if markdown:
        click.echo(comparison_markdown.render(found, {}, {}), nl=False)
    elif out is None:
        _print(found)
    if out is not None:
        click.echo(f"{out / 'comparison.md'}: compared with {commit.name}", err=markdown)


def _require_replaceable(out: Path) -> None:
    """Raise `ValueError` if the folder contains anything except an earlier comparison."""
    if out.is_file():
        raise ValueError(f"{out}: there is a file with the name of that folder")
    for path in out.iterdir() if out.exists() else ():
        is_run = path.is_dir() and all(part.name in ("then", "now") for part in path.iterdir())
        if path.name not in ("comparison.md", "summary.md") and not is_run:
            raise ValueError(f"{out} holds {path.name}, which is not part of a comparison; name another folder")


def _sides(commit: Commit, found: Comparison, now: State, before: State) -> dict[str, dict[str, exhibition.Side]]:
    """Return the samples, ``then`` and ``now``, of each run whose samples differ."""
    root = commit.root
    stages = document.read(root / "dvc.yaml", "dvc.yaml")["stages"]
    if "sample" not in stages:
        return {}
    template = str(stages["sample"]["do"]["outs"][0])
    runs = [stage.removeprefix("sample@") for stage in found.stages if stage.startswith("sample@")]
    folders = {run: template.replace("${key}", run) for run in runs}
    earlier = [run for run in runs if run in before.params.get("runs", {})]
    public = [folders[run] for run in earlier if not exhibition.private(before.params, run)]
    then = exhibition.at_commit(root, commit.hash, public) if public else {}
    hidden = exhibition.Side({}, "pictures of real people and own data are not copied")
    sides = {run: {"then": then.get(folders[run], hidden)} if run in earlier else {} for run in runs}
    for run in (run for run in runs if run in now.params["runs"]):
        private = exhibition.private(now.params, run)
        sides[run]["now"] = hidden if private else exhibition.read(folders[run], exhibition.in_workspace(root))
    return sides


def _print(found: Comparison) -> None:
    from rich.table import Table
    from rich.text import Text

    console = terminal.console(highlight=False)
    tables = list(found.tables())
    if not tables:
        console.print(f"nothing differs from {found.reference}", markup=False)
    colours = {MARKS["better"]: "green", MARKS["worse"]: "red"}
    for shown in tables:
        console.print(Text(shown.title, style="italic"))
        table = Table(box=None, pad_edge=False)
        for name in shown.head:
            table.add_column(Text(name), overflow="fold")
        for row in shown.rows:
            style = next((colours[value] for value in row if isinstance(value, str) and value in colours), "")
            table.add_row(*(Text(comparison_markdown.plain(value)) for value in row), style=style)
        console.print(table)
        console.print(f"{shown.note}\n" if shown.note else "", markup=False)
    if tables and found.verdict:
        console.print(found.verdict, markup=False)
