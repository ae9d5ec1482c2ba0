"""`atelier graph`: hold the code dependencies in `dvc.yaml` against the imports, or renew them."""

from io import StringIO
from pathlib import Path
from typing import Any

import click
from ruamel.yaml import YAML

from atelier.cli import project
from atelier.cli.dependencies import code_dependencies, is_code
from atelier.core import files
from atelier.core.door import one_line_errors


@click.command()
@click.option("--write", is_flag=True, help="Renew dvc.yaml; without it, only say what differs.")
def graph(write: bool) -> None:
    """Compare the code dependencies in dvc.yaml with what each stage imports.

    Run it with --write after adding, moving or newly importing a module. Exits with 1 if dvc.yaml differs and is not
    written.
    """
    with one_line_errors():
        root = project.root()
        text = (root / "dvc.yaml").read_text(encoding="utf-8")
        renewed, changes = renew(text, root)
    for change in changes:
        click.echo(change)
    if not changes:
        click.echo("dvc.yaml names the code of every stage")
    elif write:
        files.write_text(root / "dvc.yaml", renewed)
    else:
        raise click.exceptions.Exit(1)


def renew(text: str, root: Path) -> tuple[str, list[str]]:
    """`dvc.yaml` with its code dependencies renewed, and a line for each that was missing or superfluous."""
    yaml = YAML()
    yaml.width, yaml.preserve_quotes = 120, True
    yaml.indent(mapping=2, sequence=4, offset=2)
    pipeline = yaml.load(text)
    params = YAML(typ="safe").load((root / "params.yaml").read_text(encoding="utf-8"))
    changes = []
    for name, code in code_dependencies(root, pipeline, params).items():
        body = pipeline["stages"][name]
        body = body.get("do", body)
        declared = list(body["deps"] or ())
        before = [path for path in declared if is_code(path)]
        changes += [f"{name}: missing {path}" for path in code if path not in before]
        changes += [f"{name}: superfluous {path}" for path in before if path not in code]
        body["deps"] = [path for path in declared if not is_code(path)] + code
    return _dump(yaml, pipeline), changes


def _dump(yaml: YAML, pipeline: Any) -> str:
    stream = StringIO()
    yaml.dump(pipeline, stream)
    return stream.getvalue()
