"""Hostile arguments: every option and argument of every command answers with one line, never with a traceback."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from checkout import Checkout
from click.testing import CliRunner, Result

from atelier.cli.main import COMMANDS, main
from atelier.params import document
from atelier.params.strict import ParamsError
from atelier.workflow.results import gate_file

ROOT = Path(__file__).parents[2]
NUMBERS = ("nan", "-inf", "1e400", "1e-320", "-1", str(2**31), str(2**63 - 1), str(2**64), "9" * 5_000)
TEXTS = ("", " ", "-", "\udcff\udcfe", "na\u202en→", "x" * 10_000, "../..", "a@b@c")
# What a command needs besides the argument that is tried.
NEEDED = {
    "run": "mnist-vae",
    "name": "demo",
    "out": "out.png",
    "concept": "Smiling",
    "paths": "face.png",
    "family": "vae",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The parameters and profiles of a checkout, without Git, DVC and data."""
    place = tmp_path_factory.mktemp("project")
    for name in ("params.yaml", "dvc.yaml", "gates.yaml"):
        shutil.copy(ROOT / name, place)
    shutil.copytree(ROOT / "profiles", place / "profiles")
    return place


def leaves(group: click.Group, *names: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from leaves(command, *names, name)
        else:
            yield (*names, name), command


LEAVES = dict(leaves(main))


def calls(names: tuple[str, ...], command: click.Command) -> Iterator[list[str]]:
    """Yield the words of a call for each argument and each hostile value."""
    arguments = [param for param in command.params if isinstance(param, click.Argument)]
    options = [param for param in command.params if isinstance(param, click.Option)]
    for tried in command.params:
        if isinstance(tried, click.Option) and tried.is_flag:
            continue
        given = [f"--{o.name}={NEEDED[o.name or '']}" for o in options if o.required and o is not tried]
        # One value of the other kind: click refuses all of them in the same place.
        is_number = isinstance(tried.type, click.types.IntParamType | click.types.FloatParamType)
        for value in (*NUMBERS, TEXTS[3]) if is_number else (*TEXTS, NUMBERS[-1]):
            own = [f"{tried.opts[-1]}={value}"] if isinstance(tried, click.Option) else []
            words = [
                value if a is tried else NEEDED.get(a.name or "", "x") for a in arguments if a.required or a is tried
            ]
            yield [*names, *given, *own, "--", *words]


def contents(project: Path) -> dict[Path, bytes]:
    """Return the files of the project except the lock of `atelier run`."""
    return {path: path.read_bytes() for path in project.rglob("*") if path.is_file() and path.name != "lock"}


def require_one_line(result: Result, words: list[str]) -> None:
    shown = [word[:60] for word in words]
    if result.exception and not isinstance(result.exception, SystemExit):
        raise AssertionError(f"{shown}: {result.exception!r}") from result.exception
    assert result.exit_code in (0, 1, 2), shown
    if result.exit_code:
        lines = [
            line for line in result.stderr.splitlines() if line and not line.startswith(("Usage: ", "Try '", "    "))
        ]
        assert len(lines) <= 1, (shown, lines)
        assert all(line.startswith("Error: ") and len(line) < 21_000 for line in lines), (shown, lines)
        assert lines or result.stdout, shown


def test_all_commands_are_tried():
    assert {names[0] for names in LEAVES} == set(COMMANDS)


@pytest.mark.parametrize("names", LEAVES, ids=" ".join)
def test_hostile_value_of_any_argument_is_one_line(names: tuple[str, ...], project: Path, monkeypatch):
    monkeypatch.chdir(project)
    before = contents(project)
    for words in calls(names, LEAVES[names]):
        require_one_line(CliRunner().invoke(main, words), words)
    assert contents(project) == before


@pytest.mark.parametrize("command", ["why", "run", "check", "compare"])
def test_hostile_names_of_stages_runs_and_commits_are_one_line(command: str, toy: Checkout):
    for value in ("nan", "", "\udcff", "-1", "x" * 10_000, "a@b@c", "@"):
        with toy.inside():
            result = CliRunner().invoke(main, [command, "--", value])
        assert result.exit_code in (1, 2), (command, value[:50], result.output)
        require_one_line(result, [command, value])


@pytest.mark.parametrize("memory", ["nan", "inf", "1e400", "-1", "0"])
def test_memory_that_is_no_amount_is_refused(memory: str, toy: Checkout):
    done = toy.atelier("run", f"--memory={memory}", status=2)
    assert done.stderr.splitlines()[-1].startswith("Error: Invalid value for '--memory'")


@pytest.mark.parametrize("command", ["generate", "write"])
def test_seed_of_64_bits_is_refused_with_the_range(command: str, project: Path, monkeypatch):
    monkeypatch.chdir(project)
    result = CliRunner().invoke(
        main, [command, "mnist-vae", "--seed", str(2**63 - 1), *["-o", "x.png"][: 2 * (command == "generate")]]
    )
    assert result.exit_code == 2
    assert "is not in the range 0<=x<=" in result.stderr.splitlines()[-1]


def test_bytes_that_are_not_utf8_are_named_on_the_real_command_line(project: Path):
    done = subprocess.run(
        [sys.executable, "-m", "atelier.cli.main", "why", b"caf\xe9"], cwd=project, capture_output=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == rb"Error: Invalid value for '[TARGET]...': 'caf\udce9' is not UTF-8."


@pytest.mark.parametrize(
    "words, hint",
    [
        (["chek"], "check"),
        (["profile", "aply"], "apply"),
        (["check", "--agaisnt", "main"], "--against"),
        (["profile", "show", "laptpo"], "laptop"),
        (["generate", "mnist-ave", "-o", "x.png"], "mnist-vae"),
        (["edit", "celeba-va", "x.png", "--concept", "Smiling", "-o", "y.png"], "celeba-vae"),
    ],
)
def test_mistyped_name_is_answered_with_did_you_mean(words: list[str], hint: str, project: Path, monkeypatch):
    monkeypatch.chdir(project)
    result = CliRunner().invoke(main, words)
    assert result.exit_code in (1, 2)
    line = result.stderr.splitlines()[-1].lower()
    assert "did you mean" in line
    assert hint in line.partition("did you mean")[2]


def test_mistyped_stage_is_answered_with_did_you_mean(toy: Checkout):
    assert toy.refusal("why", "tran@a") == "no stage 'tran@a'; did you mean 'train@a'?"


def test_mistyped_gate_is_answered_with_did_you_mean():
    gates = document.read(ROOT / "gates.yaml")
    gates["runs"]["mnist-vae"] = {"metrics": {"clas_entropy": {"least": 1.4}}}
    with pytest.raises(
        ParamsError, match=r"clas_entropy of mnist-vae: better is missing.*; did you mean 'class_entropy'\?"
    ):
        gate_file.check(gates).of("mnist-vae", "images", "vae")
