"""Get the raw files of DATASET, each verified against its checksum."""

import os
from pathlib import Path

import click

from atelier.core import files, lookup, stage
from atelier.datasets.download import record, sources
from atelier.datasets.download.mirror import VARIABLE
from atelier.params import file
from atelier.params.file import Download

PATH = click.Path(path_type=Path)


@click.command()
@click.argument("dataset")
@click.option("--out", type=PATH, required=True, help="Directory to write.")
@click.option("--partial", type=PATH, required=True, help="Directory where interrupted downloads resume.")
@click.option("--code", type=PATH, required=True, help="The manifest of this stage's code.")
@click.option("--params", type=PATH, default="params.yaml", show_default=True, help="The parameter file.")
def main(dataset: str, out: Path, partial: Path, code: Path, params: Path) -> None:
    """Get the raw files of DATASET, each verified against its checksum.

    downloads.DATASET.source in params.yaml names the source: "embedded" draws the offline twin, "upstream" downloads
    from the official hosts, "mirror" copies from ATELIER_MIRROR, a directory or an http(s) prefix with a manifest.json.

    ATELIER_TRACEBACK=1 shows the traceback of an error.
    """

    def read(path: Path) -> Download:
        return file.read(path).entry("downloads", dataset)

    with stage.checked(read, params, code, None, out=out) as section:
        if section.source == "embedded":
            with files.atomic_directory(out) as folder:
                lookup.module("datasets", dataset, "twin.write").write(folder, section.embedded)
                record.write(folder, dataset, section.source)
        else:
            module = lookup.module("datasets", dataset, "source")
            if terms := getattr(module, "LICENSE", ""):
                click.echo(f"{dataset}: {terms}")
            sources.fetch(dataset, section.source, module.FILES, out, partial, mirror=os.environ.get(VARIABLE))


if __name__ == "__main__":
    main()
