"""`atelier profile` writes the chosen scale, and prints what it changed."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from atelier.cli.main import COMMANDS, main
from atelier.params import document, file, profiles

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the parameters and profiles, with the working directory in it."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    shutil.copytree(ROOT / "profiles", tmp_path / "profiles")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def atelier(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def refusal(*words: str) -> str:
    """The last line of a command that fails."""
    result = atelier(*words)
    assert result.exit_code != 0
    line = result.output.strip().splitlines()[-1]
    assert line.startswith("Error: ")
    return line.removeprefix("Error: ")


def write_profile(project: Path, name: str, content: str) -> None:
    (project / "profiles" / f"{name}.yaml").write_text(content, encoding="utf-8")


def test_applying_demo_at_head_changes_nothing(project: Path) -> None:
    before = (project / "params.yaml").read_bytes()
    result = atelier("profile", "apply", "demo")
    assert result.output == "params.yaml is demo already\n"
    assert (project / "params.yaml").read_bytes() == before


@pytest.mark.parametrize("name", profiles.names(ROOT / "profiles"))
def test_applied_profile_is_valid_and_is_what_list_marks(project: Path, name: str) -> None:
    assert atelier("profile", "apply", name).exit_code == 0
    file.read(project / "params.yaml")
    marked = [line for line in atelier("profile", "list").output.splitlines() if line.startswith("*")]
    assert [line.split()[1] for line in marked] == [name]


@pytest.mark.parametrize("name", profiles.names(ROOT / "profiles"))
def test_going_to_a_profile_and_back_to_demo_gives_the_same_bytes(project: Path, name: str) -> None:
    before = (project / "params.yaml").read_bytes()
    atelier("profile", "apply", name)
    atelier("profile", "apply", "demo")
    assert (project / "params.yaml").read_bytes() == before


def test_what_a_profile_gives_does_not_depend_on_what_was_there(project: Path) -> None:
    atelier("profile", "apply", "laptop")
    direct = (project / "params.yaml").read_bytes()
    atelier("profile", "apply", "full")
    atelier("profile", "apply", "laptop")
    assert (project / "params.yaml").read_bytes() == direct


def test_values_changed_by_hand_are_replaced(project: Path) -> None:
    before = (project / "params.yaml").read_text(encoding="utf-8")
    epochs = file.read(project / "params.yaml").entry("runs", "mnist-vae").train.epochs
    (project / "params.yaml").write_text(before.replace(f"epochs: {epochs}\n", "epochs: 77\n"), encoding="utf-8")
    output = atelier("profile", "apply", "demo").output
    assert f"runs.mnist-vae.train.epochs: 77 → {epochs}" in output.splitlines()
    assert (project / "params.yaml").read_text(encoding="utf-8") == before


def test_source_given_by_hand_replaces_that_of_every_dataset(project: Path) -> None:
    assert atelier("profile", "apply", "laptop", "--source", "mirror").exit_code == 0
    params = document.load((project / "params.yaml").read_text(encoding="utf-8"), "params.yaml")
    assert {download["source"] for download in params["downloads"].values()} == {"mirror"}


def test_unknown_source_is_one_line_that_says_what_is_allowed(project: Path) -> None:
    line = refusal("profile", "apply", "laptop", "--source", "moon")
    assert "downloads.mnist.source: got 'moon'" in line
    assert "mirror" in line


def test_comments_stay(project: Path) -> None:
    def comments() -> list[str]:
        lines = (project / "params.yaml").read_text(encoding="utf-8").splitlines()
        return [line.partition("#")[2] for line in lines if "#" in line]

    before = comments()
    atelier("profile", "apply", "laptop")
    assert comments() == before


def test_added_and_removed_runs_are_named(project: Path) -> None:
    assert "runs.mnist-vae-32: added" in atelier("profile", "apply", "laptop").output.splitlines()
    assert "mnist-vae-32" in file.read(project / "params.yaml").runs
    assert "runs.mnist-vae-32: removed" in atelier("profile", "apply", "demo").output.splitlines()
    assert "mnist-vae-32" not in file.read(project / "params.yaml").runs


def test_run_declared_as_a_copy_differs_only_where_it_says(project: Path) -> None:
    write_profile(project, "big", "runs:\n  mnist-vae:\n    train:\n      epochs: 99\n"
                  "  wide:\n    like: mnist-vae\n    train:\n      latent_dim: 32\n"
                  "  wider:\n    like: wide\n    train:\n      latent_dim: 64\n")  # fmt: skip
    runs = profiles.resolve(project / "profiles", "big")["runs"]
    assert list(runs) == ["mnist-vae", "wide", "wider"]
    assert [run["train"]["epochs"] for run in runs.values()] == [99, 99, 99]
    assert [run["train"].pop("latent_dim") for run in runs.values()][1:] == [32, 64]
    assert runs["mnist-vae"] == runs["wide"] == runs["wider"]


def test_run_that_a_profile_does_not_list_is_not_part_of_it(project: Path) -> None:
    write_profile(project, "one", "runs:\n  mnist-vae:\n")
    atelier("profile", "apply", "one")
    params = file.read(project / "params.yaml")
    assert list(params.runs) == ["mnist-vae"]
    assert params.edits == {}


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("runs:\n  a:\n    like: nosuch\n  mnist-vae:\n", "runs.a.like: got 'nosuch'; allowed is one of: mnist-vae"),
        ("runs:\n  a:\n    like: b\n  b:\n    like: a\n", "runs.a.like: goes in a circle: a → b → a"),
        ("runs:\n  new:\n    train:\n      epochs: 1\n", "runs.new.dataset: missing"),
        ("runs: [mnist-vae]\n", "runs: got ['mnist-vae']; allowed is a mapping of keys to values"),
        (
            "modles:\n  a: 1\n",
            "params.yaml.modles: got {'a': 1}; unknown key, known are: downloads, datasets, judges, runs, edits",
        ),
        (
            "judges:\n  mnist:\n    train:\n      epochs: 0\n  fashion_mnist:\n",
            "judges.mnist.train.epochs: got 0; allowed is a whole number at least 1",
        ),
        (
            "judges:\n  mnist:\n    sauce: mirror\n  fashion_mnist:\n",
            "judges.mnist.sauce: got 'mirror'; unknown key, known are: gauge, labels, train",
        ),
    ],
)
def test_wrong_profile_is_one_line_and_writes_nothing(project: Path, content: str, line: str) -> None:
    write_profile(project, "wrong", content)
    before = (project / "params.yaml").read_bytes()
    assert refusal("profile", "apply", "wrong") == f"profiles/wrong.yaml: {line}"
    assert (project / "params.yaml").read_bytes() == before


@pytest.mark.parametrize("words", [("apply",), ("show",), ("diff",), ("diff", "demo")])
def test_unknown_profile_is_answered_with_the_known_ones(project: Path, words: tuple[str, ...]) -> None:
    assert refusal("profile", *words, "nosuch").startswith("no profile 'nosuch'")


def test_parameters_that_are_no_yaml_are_one_line(project: Path) -> None:
    (project / "params.yaml").write_text("runs: [1\n")
    assert refusal("profile", "apply", "demo").startswith("params.yaml: ")


def test_outside_a_checkout_the_refusal_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert refusal("profile", "list").startswith(f"no params.yaml in {tmp_path} or above it")


def test_command_works_from_a_folder_below(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project / "profiles")
    assert atelier("profile", "apply", "demo").output == "params.yaml is demo already\n"


def test_list_says_what_each_profile_is(project: Path) -> None:
    lines = atelier("profile", "list").output.splitlines()
    assert [line[2:].split()[0] for line in lines] == ["demo", "full", "laptop"]
    assert all(len(line.split()) > 3 for line in lines)


def test_list_says_when_the_parameters_equal_no_profile(project: Path) -> None:
    path = project / "params.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("source: embedded", "source: mirror"), encoding="utf-8")
    assert "equals none of them" in atelier("profile", "list").output


def test_show_prints_parameters_that_are_valid_on_their_own(project: Path) -> None:
    shown = document.load(atelier("profile", "show", "laptop").output, "shown")
    file.check(shown)
    assert shown == profiles.resolve(project / "profiles", "laptop")


def test_diff_says_what_apply_will_change(project: Path) -> None:
    diff = atelier("profile", "diff", "laptop").output.splitlines()
    assert diff
    assert diff == atelier("profile", "apply", "laptop").output.splitlines()[:-1]
    assert atelier("profile", "diff", "laptop").output == "params.yaml is laptop\n"


def test_diff_of_two_profiles_is_mirrored(project: Path) -> None:
    there = atelier("profile", "diff", "demo", "laptop").output.splitlines()
    back = atelier("profile", "diff", "laptop", "demo").output.splitlines()
    assert len(there) == len(back) > 0
    assert atelier("profile", "diff", "full", "full").output == "full and full are equal\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_every_command_has_examples(name: str) -> None:
    result = atelier(name, "--help")
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: main {name}")
    assert "Examples:\n  " in result.output


def test_unknown_command_is_answered_with_the_known_ones() -> None:
    line = refusal("profil")
    assert line.startswith("no command 'profil'")
    assert line.endswith(", ".join(COMMANDS))
