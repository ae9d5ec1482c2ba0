"""Train the judge of DATASET, and measure its floor and ceilings on real data."""

from pathlib import Path

import click

from atelier.core import lookup, stage
from atelier.core.prepared import Prepared
from atelier.params import file

PATH = click.Path(path_type=Path)


@click.command(help=__doc__)
@click.argument("dataset")
@click.option("--prepared", type=PATH, required=True, help="Directory of the prepared dataset.")
@click.option("--out", type=PATH, required=True, help="Directory to write.")
@click.option("--checkpoints", type=PATH, required=True, help="Directory for the state of an interrupted training.")
@click.option("--code", type=PATH, required=True, help="The manifest of this stage's code.")
@click.option("--environment", type=PATH, required=True, help="The versions of the packages.")
@click.option("--params", type=PATH, default="params.yaml", show_default=True, help="The parameter file.")
def main(
    dataset: str, prepared: Path, out: Path, checkpoints: Path, code: Path, environment: Path, params: Path
) -> None:
    def read(path: Path) -> tuple[str, object]:
        checked = file.read(path)
        return checked.entry("datasets", dataset).modality, checked.entry("judges", dataset)

    with stage.checked(read, params, code, environment, prepared, out=out) as (modality, section):
        family = lookup.module("modalities", modality, "judge")
        family.train(Prepared.read(prepared), section, code, out, checkpoints)


if __name__ == "__main__":
    main()
