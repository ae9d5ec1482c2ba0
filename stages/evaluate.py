"""The door of `evaluate@RUN`: a trained network and its samples → numbers, beside what they mean on real images."""

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
@click.option("--judge", type=click.Path(path_type=Path), required=True, help="Directory of the dataset's judge.")
@click.option("--model", type=click.Path(path_type=Path), required=True, help="Directory of the trained network.")
@click.option("--samples", type=click.Path(path_type=Path), required=True, help="Directory of the run's samples.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Directory to write.")
@click.option("--params", type=click.Path(path_type=Path), default="params.yaml", show_default=True)
def main(run: str, prepared: Path, judge: Path, model: Path, samples: Path, out: Path, params: Path) -> None:
    def read(path: Path) -> Run:
        return file.read(path).run(run).only("evaluate")

    with one_line_errors(), unchanged(read, params, prepared, judge, model, samples) as section:
        family = lookup.module("pipeline.evaluation", section.family)
        family.evaluate(networks.load(model), Prepared.read(prepared), judge, samples, section.evaluate, out)


if __name__ == "__main__":
    main()
