"""Draw samples and pictures from the network of RUN."""

from pathlib import Path

import click

from atelier.core import lookup, stage
from atelier.core.prepared import Prepared
from atelier.networks import network as networks
from atelier.params import file
from atelier.params.file import Run

PATH = click.Path(path_type=Path)


@click.command(help=__doc__)
@click.argument("run")
@click.option("--prepared", type=PATH, required=True, help="Directory of the prepared dataset.")
@click.option("--model", type=PATH, required=True, help="Directory of the trained network.")
@click.option("--out", type=PATH, required=True, help="Directory to write.")
@click.option("--code", type=PATH, required=True, help="The manifest of this stage's code.")
@click.option("--environment", type=PATH, required=True, help="The versions of the packages.")
@click.option("--params", type=PATH, default="params.yaml", show_default=True, help="The parameter file.")
def main(run: str, prepared: Path, model: Path, out: Path, code: Path, environment: Path, params: Path) -> None:
    def read(path: Path) -> Run:
        return file.read(path).entry("runs", run).only("sample")

    with stage.checked(read, params, code, environment, prepared, model, out=out) as section:
        family = lookup.module("families", section.family, "sample")
        family.sample(networks.load(model), Prepared.read(prepared), section.sample, out)


if __name__ == "__main__":
    main()
