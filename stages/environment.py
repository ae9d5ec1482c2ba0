"""Write the versions of the packages that affect results; fail if they differ from the lock."""

from pathlib import Path

import click

from atelier.core import environment, files, recordable
from atelier.core.code import manifest
from atelier.core.errors import one_line_errors

PATH = click.Path(path_type=Path)


@click.command(help=__doc__)
@click.option("--lock", type=PATH, required=True, help="The requirement lock that the environment was made from.")
@click.option("--out", type=PATH, required=True, help="The file to write.")
@click.option("--code", type=PATH, required=True, help="The manifest of this stage's code.")
def main(lock: Path, out: Path, code: Path) -> None:
    with one_line_errors():
        recordable.require_stage(out)
        manifest.check(code)
        installed = environment.versions()
        if differing := environment.differing(installed, environment.locked(lock)):
            raise ValueError(f"installed: {', '.join(differing)}; `make setup` installs what the lock pins")
        files.write_json(out, installed)


if __name__ == "__main__":
    main()
