"""`atelier compare`: the working tree beside another commit."""

from pathlib import Path

import click

from atelier.cli import project
from atelier.core import files
from atelier.core.door import one_line_errors
from atelier.core.params import document, file
from atelier.repository import comparison_markdown, exhibition, gate_file, revisions
from atelier.repository.comparison import Comparison
from atelier.repository.comparison import compare as compare_states
from atelier.repository.gates import State


@click.command()
@click.argument("rev", required=False)
@click.option("--markdown", is_flag=True, help="Print Markdown, for a pull request, rather than tables.")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    help="Write comparison.md there, with samples of both sides, and summary.md, without.",
)
@click.option("--pictures-at", default="", metavar="URL", help="What links of pictures in comparison.md begin with.")
def compare(rev: str | None, markdown: bool, out: Path | None, pictures_at: str) -> None:
    """Parameters, numbers, outputs and samples beside those of REV: by default origin/main, else main, else HEAD.

    A number is better or worse only beyond its noise, as gates.yaml has it. REV's samples come from the cache or the
    remote. Of runs on faces of real people no picture is copied.

    \b
    Examples:
      atelier compare                             tables, in the terminal
      atelier compare v1.0.0 --markdown           the same for a pull request
      atelier compare -o comparison               comparison/comparison.md, with pictures
    """
    with one_line_errors():
        root = project.root()
        than = revisions.short(rev or revisions.usual(root))
        commit = revisions.resolve(root, than)
        if out is not None:
            _require_replaceable(out)
        now, before = _now(root), _then(root, than)
        lock = root / "dvc.lock"
        outputs = revisions.outputs(lock.read_text(encoding="utf-8") if lock.is_file() else None, "dvc.lock")
        earlier = revisions.outputs(revisions.text(root, commit, "dvc.lock"), f"dvc.lock of {than}")
        gates = gate_file.read(root / gate_file.FILE)
        found = compare_states(now, before, gates, than, outputs, earlier)
        if out is not None:
            sides = _sides(root, commit, found, now, before)
            # Whole or not at all: pictures of an earlier comparison, which may not be shown now, do not stay behind.
            with files.atomic_directory(out) as folder:
                paths = {run: exhibition.write(folder, run, of) for run, of in sides.items()}
                whole = comparison_markdown.render(found, sides, paths, pictures_at)
                files.write_text(folder / "comparison.md", whole)
                files.write_text(folder / "summary.md", comparison_markdown.render(found, {}, {}))
        if markdown:
            click.echo(comparison_markdown.render(found, {}, {}), nl=False)
        elif out is None:
            _show(found)
    if out is not None:
        click.echo(f"{out / 'comparison.md'}: beside {than}", err=markdown)


def _require_replaceable(out: Path) -> None:
    """Raise `ValueError` unless the folder is free, or holds a comparison and nothing else."""
    if out.is_file():
        raise ValueError(f"{out}: a file is in the way of that folder")
    for path in out.iterdir() if out.exists() else ():
        runs = path.is_dir() and all(part.name in ("then", "now") for part in path.iterdir())
        if path.name not in ("comparison.md", "summary.md") and not runs:
            raise ValueError(f"{out} holds {path.name}, which is no part of a comparison; name another folder")


def _now(root: Path) -> State:
    params = document.load((root / "params.yaml").read_text(encoding="utf-8"), "params.yaml")
    file.check(params)
    path = root / "metrics.json"
    held = path.read_text(encoding="utf-8") if path.is_file() else "{}"
    return State(revisions.parse_metrics(held, path.name), params)


def _then(root: Path, than: str) -> State:
    return State(revisions.metrics(root, than) or {}, revisions.params(root, than) or {})


def _sides(
    root: Path, commit: str, found: Comparison, now: State, before: State
) -> dict[str, dict[str, exhibition.Side]]:
    """What each run shows whose samples differ."""
    stages = document.load((root / "dvc.yaml").read_text(encoding="utf-8"), "dvc.yaml")["stages"]
    if "sample" not in stages:
        return {}
    template = str(stages["sample"]["do"]["outs"][0])
    runs = [stage.removeprefix("sample@") for stage in found.stages if stage.startswith("sample@")]
    hidden = exhibition.Side({}, "pictures of real people stay where they are, so none is copied")
    sides: dict[str, dict[str, exhibition.Side]] = {}
    open_now = exhibition.in_workspace(root)
    wanted = {
        run: template.replace("${key}", run)
        for run in runs
        if run in before.params.get("runs", {}) and not exhibition.private(before.params, run)
    }
    then = exhibition.at_commit(root, commit, wanted.values()) if wanted else {}
    for run in runs:
        sides[run] = {}
        if run in before.params.get("runs", {}):
            sides[run]["then"] = then[wanted[run]] if run in wanted else hidden
        if run in now.params["runs"]:
            shown = not exhibition.private(now.params, run)
            sides[run]["now"] = exhibition.read(template.replace("${key}", run), open_now) if shown else hidden
    return sides


def _show(found: Comparison) -> None:
    # Imported here, where it is needed: its tables take a tenth of a second to load.
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if found.empty:
        console.print(f"nothing differs from {found.than}", markup=False)
    colours = {"better": "green", "worse": "red"}

    def tell(title: str, head: list[str], rows: list[list[object]], styles: list[str]) -> None:
        table = Table(title=title, title_justify="left", box=None, pad_edge=False)
        for name in head:
            table.add_column(Text(name), overflow="fold")
        for row, style in zip(rows, styles, strict=True):
            table.add_row(*(Text(_plain(value)) for value in row), style=style)
        console.print(table)
        console.print()

    if found.params:
        rows: list[list[object]] = [list(row) for row in found.params]
        tell("Parameters", ["parameter", found.than, "now"], rows, [""] * len(rows))
    for run, metrics in found.metrics.items():
        rows = [[r.metric, r.before, r.after, comparison_markdown.mark(r), r.noise] for r in metrics]
        head = ["metric", found.than, "now", "", "noise"]
        tell(run, head, rows, [colours.get(r.verdict, "") for r in metrics])
        if run in found.notes:
            console.print(found.notes[run], markup=False)
    if found.stages:
        rows = [[stage, how] for stage, how in found.stages.items()]
        tell("Outputs that differ", ["stage", ""], rows, [""] * len(rows))


def _plain(value: object) -> str:
    return "–" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
