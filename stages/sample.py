"""The door of `sample@RUN`: a trained network → samples and pictures."""

from pathlib import Path

import click

from atelier.core import lookup
from atelier.core.door import one_line_errors
from atelier.core.guard import unchanged
from atelier.core.params import file
from atelier.core.params.file import Run
from atelier.pipeline import networks
from atelier.pipeline.prepared import Prepared


@click.command(help=__doc__)
@click.argument("run")
@click.option("--prepared", type=click.Path(path_type=Path), required=True, help="Directory of the prepared dataset.")
@click.option("--model", type=click.Path(path_type=Path), required=True, help="Directory of the trained network.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Directory to write.")
@click.option("--params", type=click.Path(path_type=Path), default="params.yaml", show_default=True)
def main(run: str, prepared: Path, model: Path, out: Path, params: Path) -> None:
    def read(path: Path) -> Run:
        return file.read(path).run(run).only("sample")

    with one_line_errors(), unchanged(read, params, prepared, model) as section:
        family = lookup.module("pipeline.sampling", section.family)
        family.sample(networks.load(model), Prepared.read(prepared), section.sample, out)


if __name__ == "__main__":
    main()
