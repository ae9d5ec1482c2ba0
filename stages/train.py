"""Train the network of RUN. An interrupted training resumes when the stage is run again."""

from pathlib import Path

import click

from atelier.core import stage
from atelier.core.prepared import Prepared
from atelier.params import file
from atelier.params.file import Run
from atelier.training.run import train

PATH = click.Path(path_type=Path)


@click.command(help=__doc__)
@click.argument("run")
@click.option("--prepared", type=PATH, required=True, help="Directory of the prepared dataset.")
@click.option("--judge", type=PATH, required=True, help="Directory of the dataset's judge.")
@click.option("--out", type=PATH, required=True, help="Directory to write.")
@click.option("--checkpoints", type=PATH, required=True, help="Directory for the state of an interrupted training.")
@click.option("--code", type=PATH, required=True, help="The manifest of this stage's code.")
@click.option("--environment", type=PATH, required=True, help="The versions of the packages.")
@click.option("--params", type=PATH, default="params.yaml", show_default=True, help="The parameter file.")
def main(
    run: str, prepared: Path, judge: Path, out: Path, checkpoints: Path, code: Path, environment: Path, params: Path
) -> None:
    def read(path: Path) -> Run:
        return file.read(path).entry("runs", run).only("train")

    with stage.checked(read, params, code, environment, prepared, judge, out=out) as section:
        train(section, Prepared.read(prepared), judge, code, out, checkpoints)


if __name__ == "__main__":
    main()
