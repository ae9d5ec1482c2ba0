"""The door of `judge@DATASET`: prepared data → a classifier, its accuracy, its features of real draws, its gauge."""

from pathlib import Path
from typing import Any

import click

from atelier.core import lookup
from atelier.core.door import one_line_errors
from atelier.core.guard import unchanged
from atelier.core.params import file
from atelier.pipeline.prepared import Prepared


@click.command(help=__doc__)
@click.argument("dataset")
@click.option("--prepared", type=click.Path(path_type=Path), required=True, help="Directory of the prepared dataset.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Directory to write the judge to.")
@click.option("--checkpoints", type=click.Path(path_type=Path), required=True, help="Directory that survives a kill.")
@click.option("--params", type=click.Path(path_type=Path), default="params.yaml", show_default=True)
def main(dataset: str, prepared: Path, out: Path, checkpoints: Path, params: Path) -> None:
    def read(path: Path) -> Any:
        return file.read(path).judge(dataset)

    with one_line_errors(), unchanged(read, params, prepared) as section:
        modality = lookup.module("pipeline.judging", section.modality)
        modality.judge(Prepared.read(prepared), section, out, checkpoints)


if __name__ == "__main__":
    main()
