"""Write the report: one page with all results, which loads no other file."""

from pathlib import Path

import click

from atelier.core import files, stage
from atelier.params import file
from atelier.report import page
from atelier.report.sources import Sources

PATH = click.Path(path_type=Path)


@click.command(help=__doc__)
@click.option("--params", type=PATH, required=True, help="The parameter file.")
@click.option("--profiles", type=PATH, required=True, help="Directory of the profiles, to name the nearest one.")
@click.option("--pipeline", type=PATH, required=True, help="The pipeline's dvc.yaml.")
@click.option("--metrics", type=PATH, required=True, help="The metrics of all runs.")
@click.option("--commit-of", type=PATH, multiple=True, help="Show the last commit that touched this path.")
@click.option("--code", type=PATH, required=True, help="The manifest of this stage's code.")
@click.option("--prepared", type=PATH, required=True, help="Directory with DATASET/ for each prepared dataset.")
@click.option("--judges", type=PATH, required=True, help="Directory with DATASET/ for each judge.")
@click.option("--models", type=PATH, required=True, help="Directory with RUN/ for each trained network.")
@click.option("--samples", type=PATH, required=True, help="Directory with RUN/ for the samples of each run.")
@click.option("--evaluations", type=PATH, required=True, help="Directory with RUN/ for the evaluation of each run.")
@click.option("--edits", type=PATH, required=True, help="Directory with RUN/ for each edited run.")
@click.option("--out", type=PATH, required=True, help="The page to write.")
def main(params: Path, out: Path, code: Path, commit_of: tuple[Path, ...], **paths: Path) -> None:
    with stage.checked(file.read, params, code, None, page.TEMPLATES, *paths.values(), out=out):
        files.write_text(out, page.render(Sources(params=params, code=commit_of, **paths)))


if __name__ == "__main__":
    main()
