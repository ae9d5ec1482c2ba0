"""Measure our speed against the textbook's loops, side by side in this process.

Each NAME is a module in `benchmarks/ratios/`; its function `measure()` returns a `Comparison`. A ratio is our speed
divided by theirs: above 1 is faster. Ratios are written to OUT, and other ratios in OUT are kept. Without a NAME, all
benchmarks run except run_j2_vs_repro, which takes a quarter of an hour.
"""

import os
import pkgutil
import platform
from importlib import import_module
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from atelier.core import files
from side_by_side import Comparison

HERE = Path(__file__).resolve().parent
BY_NAME_ONLY = ("run_j2_vs_repro",)


def names() -> list[str]:
    """List all benchmarks."""
    return sorted(module.name for module in pkgutil.iter_modules([str(HERE / "ratios")]))


@click.command(help=__doc__)
@click.argument("chosen", metavar="[NAME]...", nargs=-1)
@click.option("--list", "listing", is_flag=True, help="List the benchmarks and exit.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=HERE.parent / "data/bench.json", help="[default: data/bench.json]"
)
def main(chosen: tuple[str, ...], listing: bool, out: Path) -> None:
    known = names()
    if unknown := [name for name in chosen if name not in known]:
        raise click.UsageError(f"no benchmark {unknown[0]!r}; known are: {', '.join(known)}")
    if listing:
        click.echo("\n".join(known))
        return
    console = Console()
    measured: dict[str, Comparison] = {}
    for name in chosen or [name for name in known if name not in BY_NAME_ONLY]:
        with console.status(name):
            measured[name] = import_module(f"ratios.{name}").measure()
        record(out, name, measured[name].ratio)
    console.print(table(measured))


def record(out: Path, name: str, ratio: float) -> None:
    """Write one ratio to the file, and keep the others."""
    ratios = files.read_json(out) if out.exists() else {}
    files.write_json(out, ratios | {name: round(ratio, 3)})


def table(measured: dict[str, Comparison]) -> Table:
    """Show the median rates and ratio of each comparison, with the range of the ratio."""
    load = os.getloadavg()[0]
    result = Table(
        caption=f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f}; medians of alternating rounds"
    )
    result.add_column("ours / theirs")
    for heading in ("ours, 1/s", "theirs, 1/s", "ratio", "from", "to"):
        result.add_column(heading, justify="right")
    for name, comparison in measured.items():
        row = (*comparison.rates, comparison.ratio, min(comparison.ratios), max(comparison.ratios))
        result.add_row(f"{name} ({comparison.unit})", *(f"{number:,.{0 if number >= 100 else 2}f}" for number in row))
    return result


if __name__ == "__main__":
    main()
