"""Turn the raw files of DATASET into arrays, `spec.json` and a preview."""

from pathlib import Path

import click

from atelier.core import lookup, stage
from atelier.datasets.download.record import recorded_source
from atelier.params import file
from atelier.params.file import Dataset

PATH = click.Path(path_type=Path)


@click.command(help=__doc__)
@click.argument("dataset")
@click.option("--raw", type=PATH, required=True, help="Directory of the raw files.")
@click.option("--out", type=PATH, required=True, help="Directory to write.")
@click.option("--code", type=PATH, required=True, help="The manifest of this stage's code.")
@click.option("--environment", type=PATH, required=True, help="The versions of the packages.")
@click.option("--params", type=PATH, default="params.yaml", show_default=True, help="The parameter file.")
def main(dataset: str, raw: Path, out: Path, code: Path, environment: Path, params: Path) -> None:
    def read(path: Path) -> Dataset:
        return file.read(path).entry("datasets", dataset)

    with stage.checked(read, params, code, environment, raw, out=out) as section:
        kind = lookup.module("datasets", section.kind, "source")
        kind.prepare(dataset, raw, out, section.prepare, recorded_source(raw))


if __name__ == "__main__":
    main()
