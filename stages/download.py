"""download@DATASET: the raw files, from the source that params.yaml names."""

import os
from pathlib import Path
from typing import Any

import click

from atelier.core import files, lookup
from atelier.core.door import one_line_errors
from atelier.core.guard import unchanged
from atelier.core.params import file
from atelier.datasets.transfer import sources
from atelier.datasets.transfer.mirror import VARIABLE


@click.command()
@click.argument("dataset")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The raw folder to make.")
@click.option(
    "--partial",
    type=click.Path(path_type=Path),
    required=True,
    help="A folder that survives an interruption; downloads are continued there.",
)
@click.option("--params", type=click.Path(path_type=Path), default=Path("params.yaml"), show_default=True)
def main(dataset: str, out: Path, partial: Path, params: Path) -> None:
    """Bring the raw files of DATASET into a folder, each verified against its checksum.

    downloads.DATASET.source in params.yaml says where from: "embedded" draws the offline twin, "upstream" asks the
    official hosts, "mirror" takes them from ATELIER_MIRROR, a directory or an http(s) prefix with a manifest.json.

    An error is told without a traceback; ATELIER_TRACEBACK=1 shows it.
    """

    def read(path: Path) -> tuple[str, str, Any]:
        everything = file.read(path)
        section = everything.download(dataset)
        return everything.dataset(dataset).kind, section.source, section.embedded

    with one_line_errors(), unchanged(read, params) as (kind, source, embedded):
        if source == "embedded":
            with files.atomic_directory(out) as folder:
                lookup.module(f"datasets.{kind}.twin", "write").write(folder, embedded)
                sources.record(folder, dataset, source)
        else:
            module = lookup.module(f"datasets.{kind}", "source")
            if terms := getattr(module, "LICENSE", ""):
                click.echo(f"{dataset}: {terms}")
            sources.fetch(dataset, source, module.FILES, out, partial, mirror=os.environ.get(VARIABLE))


if __name__ == "__main__":
    main()
