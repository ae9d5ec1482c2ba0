"""The door of `train@RUN`: prepared data → a trained network, its history and previews.

An interrupted training goes on where it stopped when the stage is run again.
"""

from pathlib import Path

import click

from atelier.core.door import one_line_errors
from atelier.core.guard import unchanged
from atelier.core.params import file
from atelier.core.params.file import Run
from atelier.pipeline.prepared import Prepared
from atelier.pipeline.training import train


@click.command(help=__doc__)
@click.argument("run")
@click.option("--prepared", type=click.Path(path_type=Path), required=True, help="Directory of the prepared dataset.")
@click.option("--judge", type=click.Path(path_type=Path), required=True, help="Directory of the dataset's judge.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Directory to write the network to.")
@click.option("--checkpoints", type=click.Path(path_type=Path), required=True, help="Directory that survives a kill.")
@click.option("--params", type=click.Path(path_type=Path), default="params.yaml", show_default=True)
def main(run: str, prepared: Path, judge: Path, out: Path, checkpoints: Path, params: Path) -> None:
    def read(path: Path) -> Run:
        return file.read(path).run(run).only("train")

    with one_line_errors(), unchanged(read, params, prepared, judge) as section:
        train(Prepared.read(prepared), judge, section, out, checkpoints)


if __name__ == "__main__":
    main()
