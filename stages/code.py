"""Write a manifest for each stage: the digest of each source file that can change its result."""

from pathlib import Path

import click

from atelier.core import files, recordable
from atelier.core.code.closure import manifests
from atelier.core.errors import one_line_errors


@click.command(help=__doc__)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Directory to write.")
def main(out: Path) -> None:
    with one_line_errors():
        recordable.require_stage(out)
        found = manifests(Path(__file__).resolve().parents[1])
        with files.atomic_directory(out) as directory:
            for name, manifest in found.items():
                files.write_json(directory / name, manifest)


if __name__ == "__main__":
    main()
