"""Compute concept vectors of RUN, edit faces with them, and measure what edits change."""

from pathlib import Path

import click

from atelier.core import stage
from atelier.core.prepared import Prepared
from atelier.editing.edit import edit
from atelier.editing.params import Edit
from atelier.networks import network as networks
from atelier.params import file

PATH = click.Path(path_type=Path)


@click.command(help=__doc__)
@click.argument("run")
@click.option("--prepared", type=PATH, required=True, help="Directory of the prepared dataset.")
@click.option("--judge", type=PATH, required=True, help="Directory of the dataset's judge.")
@click.option("--model", type=PATH, required=True, help="Directory of the trained network.")
@click.option("--out", type=PATH, required=True, help="Directory to write.")
@click.option("--code", type=PATH, required=True, help="The manifest of this stage's code.")
@click.option("--environment", type=PATH, required=True, help="The versions of the packages.")
@click.option("--params", type=PATH, default="params.yaml", show_default=True, help="The parameter file.")
def main(
    run: str, prepared: Path, judge: Path, model: Path, out: Path, code: Path, environment: Path, params: Path
) -> None:
    def read(path: Path) -> Edit:
        return file.read(path).entry("edits", run)

    with stage.checked(read, params, code, environment, prepared, judge, model, out=out) as section:
        edit(networks.load(model), Prepared.read(prepared), judge, section, out)


if __name__ == "__main__":
    main()
