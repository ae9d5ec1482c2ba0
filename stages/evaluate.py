"""Measure the network and the samples of RUN against real data."""

from pathlib import Path

import click

from atelier.core import files, lookup, stage
from atelier.core.prepared import Prepared
from atelier.networks import network as networks
from atelier.params import file
from atelier.params.file import Run
from atelier.training import machine

PATH = click.Path(path_type=Path)


@click.command(help=__doc__)
@click.argument("run")
@click.option("--prepared", type=PATH, required=True, help="Directory of the prepared dataset.")
@click.option("--judge", type=PATH, required=True, help="Directory of the dataset's judge.")
@click.option("--model", type=PATH, required=True, help="Directory of the trained network.")
@click.option("--samples", type=PATH, required=True, help="Directory of the run's samples.")
@click.option("--out", type=PATH, required=True, help="Directory to write.")
@click.option("--code", type=PATH, required=True, help="The manifest of this stage's code.")
@click.option("--environment", type=PATH, required=True, help="The versions of the packages.")
@click.option("--params", type=PATH, default="params.yaml", show_default=True, help="The parameter file.")
def main(
    run: str,
    prepared: Path,
    judge: Path,
    model: Path,
    samples: Path,
    out: Path,
    code: Path,
    environment: Path,
    params: Path,
) -> None:
    def read(path: Path) -> Run:
        return file.read(path).entry("runs", run).only("evaluate")

    inputs = (prepared, judge, model, samples)
    with stage.checked(read, params, code, environment, *inputs, out=out) as section:
        family = lookup.module("families", section.family, "evaluate")
        family.evaluate(networks.load(model), Prepared.read(prepared), judge, samples, section.evaluate, out)
        files.write_json(out / machine.FILE, machine.describe())


if __name__ == "__main__":
    main()
