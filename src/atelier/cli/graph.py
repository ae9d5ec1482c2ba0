"""`atelier graph`: check that `dvc.yaml` lists the model of every run, or update the list."""

from io import StringIO
from pathlib import Path, PurePosixPath
from typing import Any

import click
from ruamel.yaml import YAML

from atelier.cli import project
from atelier.cli.trained import WEIGHTS
from atelier.core import files
from atelier.params import document, file, profiles


@click.command()
@click.option("--write", is_flag=True, help="Update dvc.yaml instead of showing the differences only.")
def graph(write: bool) -> None:
    """Compare the section `artifacts` of dvc.yaml with the runs of params.yaml and of all profiles.

    Run it with --write after adding a run. Exits with 1 if dvc.yaml differs and is not written.

    \b
    Examples:
      atelier graph            show missing and superfluous models
      atelier graph --write    write them to dvc.yaml
    """
    root = project.root()
    text = (root / "dvc.yaml").read_text(encoding="utf-8")
    renewed, changes = renew(text, root)
    for change in changes:
        click.echo(change)
    if not changes:
        click.echo("dvc.yaml lists the model of every run")
    elif write:
        files.write_text(files.through_link(root / "dvc.yaml"), renewed)
    else:
        raise click.exceptions.Exit(1)


def renew(text: str, root: Path) -> tuple[str, list[str]]:
    """Return `dvc.yaml` with its artifacts updated, and one line for each difference."""
    yaml = YAML()
    yaml.width, yaml.preserve_quotes = 120, True
    yaml.indent(mapping=2, sequence=4, offset=2)
    pipeline = yaml.load(text)
    params = document.read(root / "params.yaml", "params.yaml")
    file.check(params)
    old, new = dict(pipeline.get("artifacts") or {}), _models(pipeline, params, root)
    changes = [f"artifacts: missing {run}" for run in new if run not in old]
    changes += [f"artifacts: superfluous {run}" for run in old if run not in new]
    changes += [f"artifacts: {run} differs from params.yaml" for run in new if old.get(run, new[run]) != new[run]]
    pipeline["artifacts"] = new
    stream = StringIO()
    yaml.dump(pipeline, stream)
    return stream.getvalue(), changes


def _models(pipeline: Any, params: Any, root: Path) -> dict[str, dict[str, Any]]:
    """Return the section `artifacts`: the model of each run, for the registries of DVC and GTO.

    DVC has no `foreach` there. The runs of all profiles are listed, so that applying a profile does not change
    `dvc.yaml`.
    """
    weights = next(out for out in pipeline["stages"]["train"]["do"]["outs"] if PurePosixPath(out).name == WEIGHTS)
    directory = str(PurePosixPath(weights).parent)
    runs: dict[str, Any] = {}
    for name in profiles.names(root / "profiles"):
        runs |= profiles.resolve(root / "profiles", name)["runs"]
    runs |= params["runs"]
    return {
        name: {
            "path": directory.replace("${key}", name),
            "type": "model",
            "desc": f"{run['family']} trained on {run['dataset']}",
            "labels": [run["family"], run["dataset"]],
        }
        for name, run in sorted(runs.items())
    }
