"""Compute concept vectors of RUN, edit faces with them, and measure what edits change.

For a generator without an encoder, an interrupted training of its inverter resumes when the stage is run again.
"""

from pathlib import Path

import click

from atelier.core import stage
from atelier.core.prepared import Prepared
from atelier.editing.edit import edit
from atelier.editing.params import Edit
from atelier.params import file

PATH = click.Path(path_type=Path)


@click.command(help=__doc__)
@click.argument("run")
@click.option("--prepared", type=PATH, required=True, help="Directory of the prepared dataset.")
@click.option("--judge", type=PATH, required=True, help="Directory of the dataset's judge.")
@click.option("--model", type=PATH, required=True, help="Directory of the trained network.")
@click.option("--out", type=PATH, required=True, help="Directory to write.")
@click.option("--checkpoints", type=PATH, required=True, help="Directory for the state of an interrupted training.")
@click.option("--code", type=PATH, required=True, help="The manifest of this stage's code.")
@click.option("--environment", type=PATH, required=True, help="The versions of the packages.")
@click.option("--params", type=PATH, default="params.yaml", show_default=True, help="The parameter file.")
def main(
    run: str,
    prepared: Path,
    judge: Path,
    model: Path,
    out: Path,
    checkpoints: Path,
    code: Path,
    environment: Path,
    params: Path,
) -> None:
    def read(path: Path) -> Edit:
        return file.read(path).entry("edits", run)

    with stage.checked(read, params, code, environment, prepared, judge, model, out=out) as section:
        edit(model, Prepared.read(prepared), judge, section, out, code, checkpoints)


if __name__ == "__main__":
    main()
