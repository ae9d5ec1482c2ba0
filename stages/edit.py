"""The door of `edit@RUN`: a trained network with an encoder → concept vectors, edited faces, and what edits change."""

from pathlib import Path

import click

from atelier.core.door import one_line_errors
from atelier.core.guard import unchanged
from atelier.core.params import file
from atelier.core.params.edit import Edit
from atelier.pipeline import networks
from atelier.pipeline.editing.stage import edit
from atelier.pipeline.prepared import Prepared


@click.command(help=__doc__)
@click.argument("run")
@click.option("--prepared", type=click.Path(path_type=Path), required=True, help="Directory of the prepared dataset.")
@click.option("--judge", type=click.Path(path_type=Path), required=True, help="Directory of the dataset's judge.")
@click.option("--model", type=click.Path(path_type=Path), required=True, help="Directory of the trained network.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Directory to write.")
@click.option("--params", type=click.Path(path_type=Path), default="params.yaml", show_default=True)
def main(run: str, prepared: Path, judge: Path, model: Path, out: Path, params: Path) -> None:
    def read(path: Path) -> Edit:
        return file.read(path).edit(run)

    with one_line_errors(), unchanged(read, params, prepared, judge, model) as section:
        edit(networks.load(model), Prepared.read(prepared), judge, section, out)


if __name__ == "__main__":
    main()
