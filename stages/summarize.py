"""Gather the metrics of all runs in one file, which Git tracks."""

from pathlib import Path

import click

from atelier.core import files, stage
from atelier.params import file
from atelier.report import summary

PATH = click.Path(path_type=Path)


@click.command(help=__doc__)
@click.option("--params", type=PATH, required=True, help="The parameter file, which names the runs.")
@click.option("--evaluations", type=PATH, required=True, help="Directory with RUN/metrics.json.")
@click.option("--edits", type=PATH, required=True, help="Directory with RUN/metrics.json of the edited runs.")
@click.option("--code", type=PATH, required=True, help="The manifest of this stage's code.")
@click.option("--out", type=PATH, required=True, help="The file to write.")
def main(params: Path, evaluations: Path, edits: Path, code: Path, out: Path) -> None:
    with stage.checked(file.read, params, code, None, evaluations, edits, out=out, tracked=True) as checked:
        files.write_json(out, summary.gather(evaluations, edits, checked.runs, checked.edits))


if __name__ == "__main__":
    main()
