"""`atelier graph`: hold what `dvc.yaml` says of code and of models against the code and the runs, or renew it."""

from io import StringIO
from pathlib import Path, PurePosixPath
from typing import Any

import click
from ruamel.yaml import YAML

from atelier.cli import project
from atelier.cli.dependencies import code_dependencies, is_code
from atelier.cli.trained import WEIGHTS
from atelier.core import files
from atelier.core.door import one_line_errors
from atelier.core.params import profiles


@click.command()
@click.option("--write", is_flag=True, help="Renew dvc.yaml; without it, only say what differs.")
def graph(write: bool) -> None:
    """Compare the code dependencies in dvc.yaml with what each stage imports, and its artifacts with the runs.

    Run it with --write after adding, moving or newly importing a module, and after adding a run. Exits with 1 if
    dvc.yaml differs and is not written.

    \b
    Examples:
      atelier graph            what is missing or superfluous
      atelier graph --write    renew dvc.yaml
    """
    with one_line_errors():
        root = project.root()
        text = (root / "dvc.yaml").read_text(encoding="utf-8")
        renewed, changes = renew(text, root)
    for change in changes:
        click.echo(change)
    if not changes:
        click.echo("dvc.yaml names the code of every stage and the model of every run")
    elif write:
        files.write_text(root / "dvc.yaml", renewed)
    else:
        raise click.exceptions.Exit(1)


def renew(text: str, root: Path) -> tuple[str, list[str]]:
    """`dvc.yaml` with its code dependencies and artifacts renewed, and a line for each that was not as it should be."""
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
    held, models = dict(pipeline.get("artifacts") or {}), _models(pipeline, params, root)
    changes += [f"artifacts: missing {run}" for run in models if run not in held]
    changes += [f"artifacts: superfluous {run}" for run in held if run not in models]
    changes += [
        f"artifacts: {run} is not as params.yaml has it" for run in models if held.get(run, models[run]) != models[run]
    ]
    pipeline["artifacts"] = models
    return _dump(yaml, pipeline), changes


def _models(pipeline: Any, params: Any, root: Path) -> dict[str, dict[str, Any]]:
    """The section `artifacts`: the model of each run of `params.yaml` or of a profile, for DVC's and GTO's registry.

    DVC resolves `${…}` there, but knows no `foreach`. Runs of all profiles are named, so that choosing another one
    does not change `dvc.yaml`.
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


def _dump(yaml: YAML, pipeline: Any) -> str:
    stream = StringIO()
    yaml.dump(pipeline, stream)
    return stream.getvalue()
