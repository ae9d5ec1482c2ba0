"""The door of `prepare@DATASET`: raw files → uint8 arrays, `spec.json` and a preview."""

from pathlib import Path
from typing import Any

import click

from atelier.core import files, lookup
from atelier.core.door import one_line_errors
from atelier.core.guard import unchanged
from atelier.core.params import file
from atelier.datasets.transfer import sources


@click.command(help=__doc__)
@click.argument("dataset")
@click.option("--raw", type=click.Path(path_type=Path), required=True, help="Directory with the raw files.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Directory to write.")
@click.option("--params", type=click.Path(path_type=Path), default="params.yaml", show_default=True)
def main(dataset: str, raw: Path, out: Path, params: Path) -> None:
    def read(path: Path) -> tuple[Any, str]:
        section = file.read(path).dataset(dataset)
        return section.prepare, section.kind

    with one_line_errors(), unchanged(read, params, raw) as (section, kind):
        source = files.read_json(raw / sources.RECORD)["source"]
        lookup.module(f"datasets.{kind}", "source").prepare(dataset, raw, out, section, source)


if __name__ == "__main__":
    main()
