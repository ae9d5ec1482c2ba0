"""`dvc exp run` in the workspace, in a temporary directory and from the queue: each runs its own checkout's code."""

import shutil
from pathlib import Path

import pytest
import yaml
from checkout import ROOT, Checkout

# The stage's result is what it has loaded: a module and a template.
STAGE = """
from pathlib import Path
import atelier
from atelier.core import seeds
template = Path(atelier.__file__).parent / "report/templates/page.txt"
Path("result.txt").write_text(f"{getattr(seeds, 'MARK', 'module 1')}, {template.read_text().strip()}")
"""
TEMPLATE = "src/atelier/report/templates/page.txt"
MODULE = "src/atelier/core/seeds.py"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout of the package, used with the environment of another one, as `make setup` leaves it."""
    made = Checkout(tmp_path_factory.mktemp("experiments") / "checkout").init()
    shutil.copytree(ROOT / "src", made.root / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(ROOT / ".gitattributes", made.root)
    made.write(".gitignore", "__pycache__/\n/.venv\n")
    made.write(".dvcignore", "__pycache__/\n")
    made.write("params.yaml", "seed: 1\n")
    made.write("stages/result.py", STAGE)
    made.write(TEMPLATE, "template 1\n")
    out = {"result.txt": {"cache": False}}
    stage = {"cmd": "python stages/result.py", "deps": ["src/atelier", "stages"], "params": ["seed"], "outs": [out]}
    made.write("dvc.yaml", yaml.safe_dump({"stages": {"result": stage}}))
    made.make("setup")
    made.run("python", "-m", "dvc", "repro", "-q")
    made.commit("base")
    assert made.read("result.txt") == "module 1, template 1"
    return made


def edit(checkout: Checkout, number: int) -> None:
    checkout.write(TEMPLATE, f"template {number}\n")
    checkout.write(MODULE, (ROOT / MODULE).read_text() + f'\nMARK = "module {number}"\n')


def result(checkout: Checkout, experiment: str) -> str:
    refs = checkout.git("for-each-ref", "--format=%(refname)", "refs/exps").splitlines()
    return checkout.git("show", f"{next(ref for ref in refs if ref.endswith(f'/{experiment}'))}:result.txt")


def test_an_experiment_in_a_temporary_directory_runs_the_code_of_the_workspace(made: Checkout):
    edit(made, 2)
    made.run("python", "-m", "dvc", "exp", "run", "-q", "--temp", "--name", "temporary")
    assert result(made, "temporary") == "module 2, template 2"
    made.git("checkout", "-q", ".")


def test_a_queued_experiment_runs_the_code_that_was_queued(made: Checkout):
    edit(made, 3)
    made.run("python", "-m", "dvc", "exp", "run", "-q", "--queue", "--name", "queued")
    made.git("checkout", "-q", ".")
    edit(made, 4)
    made.run("python", "-m", "dvc", "exp", "run", "-q", "--run-all")
    assert result(made, "queued") == "module 3, template 3"
    made.run("python", "-m", "dvc", "repro", "-q")
    assert made.read("result.txt") == "module 4, template 4"
    made.git("checkout", "-q", ".")


def test_an_experiment_in_the_workspace_runs_its_code(made: Checkout):
    edit(made, 5)
    made.run("python", "-m", "dvc", "exp", "run", "-q", "--name", "here")
    assert made.read("result.txt") == result(made, "here") == "module 5, template 5"


def test_a_command_in_a_checkout_runs_the_code_of_that_checkout(made: Checkout):
    made.write(
        "src/atelier/cli/why.py", "import click\n\n\nwhy = click.Command('why', callback=lambda: print('own'))\n"
    )
    (made.root / "deep/folder").mkdir(parents=True)
    command = (str(Path(shutil.which("atelier", path=made.environment["PATH"]) or "")), "why")
    for place in (made.root, made.root / "deep/folder"):
        assert made.run("sh", "-c", f'cd "{place}" && exec "$@"', "sh", *command).stdout == "own\n"


def test_a_command_in_a_removed_directory_is_one_line(tmp_path: Path):
    command = 'mkdir gone && cd gone && rmdir "$PWD" && exec "$@"'
    done = Checkout(tmp_path).run("sh", "-c", command, "sh", "atelier", "why", status=1)
    assert done.output.startswith("Error: ")
    assert done.output.count("\n") == 1
