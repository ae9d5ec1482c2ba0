"""The door of `environment`: the versions of the packages that decide numbers, once they are what the lock says."""

from pathlib import Path

import click

from atelier.core import environment, files
from atelier.core.door import one_line_errors

PATH = click.Path(path_type=Path)


@click.command(help=__doc__)
@click.option("--lock", type=PATH, required=True, help="The requirement lock that the environment was made from.")
@click.option("--out", type=PATH, required=True, help="The file to write.")
def main(lock: Path, out: Path) -> None:
    with one_line_errors():
        installed = environment.versions()
        if differing := environment.differing(installed, environment.locked(lock)):
            raise ValueError(f"installed: {', '.join(differing)}; `make setup` brings both together")
        files.write_json(out, installed)


if __name__ == "__main__":
    main()
