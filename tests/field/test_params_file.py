"""Values in params.yaml that YAML has and the pipeline has not: every command gives the line that a stage gives."""

import shutil
from pathlib import Path

import pytest
from checkout import Checkout
from click.testing import CliRunner, Result

from atelier.cli.main import main
from atelier.params import document, file
from atelier.params.strict import ParamsError

ROOT = Path(__file__).parents[2]
LINE = b"      seed: 2\n"  # datasets.mnist.prepare.seed
KEY = "datasets.mnist.prepare.seed: "
UNREADABLE = {
    "no-such-date": (b"      seed: 2024-13-45\n", "a value cannot be read"),
    "damaged-binary": (b"      seed: !!binary a\n", "failed to decode base64"),
    "5000-digits": (b"      seed: " + b"9" * 5000 + b"\n", "a value cannot be read"),
    "key-twice": (b"      seed: 2\n      seed: 3\n", "found duplicate key"),
    "tab": (b"\tseed: 2\n", "cannot start any token (line 38)"),
    "nul": (b"      seed: 2\0\n", "special characters are not allowed"),
    "latin-1": (b"      seed: caf\xe9\n", "not UTF-8 text: the byte 0xe9 (line 38)"),
    "contains-itself": (b"      seed: &a [*a]\n", "contains itself"),
    "deep": (b"      seed: " + b"[" * 120 + b"]" * 120 + b"\n", "nested too deeply"),
    "undefined-alias": (b"      seed: *nope\n", "undefined alias 'nope'"),
    "wrong-merge": (b"      seed: 2\n      <<: 3\n", "for merging"),
    "python": (b"      seed: !!python/object/apply:os.system [ls]\n", "could not determine a constructor"),
    "list-as-key": (b"      seed: 2\n      ? {a: 1}\n      : 3\n", ""),
    "two-documents": (LINE + b"---\na: 1\n", "another document"),
}
UNFIT = {
    "date": (b"      seed: 2024-01-01\n", KEY + "got '2024-01-01'"),
    "timestamp": (b"      seed: 2024-01-01T10:00:00Z\n", KEY + "got '2024-01-01 10:00:00"),
    "binary": (b"      seed: !!binary aGVsbG8=\n", KEY + "got "),
    "set": (b"      seed: !!set {a}\n", KEY + "got "),
    "pairs": (b"      seed: !!pairs [a: 1]\n", KEY + "got "),
    "nan": (b"      seed: .nan\n", KEY + "got "),
    "infinity": (b"      seed: .inf\n", KEY + "got inf"),
    "beyond-double": (b"      seed: 1e999\n", KEY + "got inf"),
    "date-as-key": (b"      seed: 2\n      2024-01-01: 3\n", "prepare.2024-01-01: got 3; unknown key"),
    "null-as-key": (b"      seed: 2\n      null: 3\n", "unknown key"),
}
READING = [
    ["why"],
    ["run", "--dry"],
    ["run"],
    ["check"],
    ["compare"],
    ["models"],
    ["graph"],
    ["gc"],
    ["publish"],
    ["generate", "mnist-vae", "-o", "x.png"],
    ["write", "imdb-lm"],
    ["edit", "celeba-vae", "x.png", "--concept", "Smiling", "-o", "y.png"],
]
PROFILE = [["profile", "list"], ["profile", "diff", "demo"], ["profile", "apply", "laptop"]]
# Commands that read the file in ways of their own: DVC reads it for the first, `profile` changes its text.
WAYS = [["why"], ["generate", "mnist-vae", "-o", "x.png"], ["profile", "apply", "laptop"]]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A commit of the pipeline without data and code."""
    place = Checkout(tmp_path_factory.mktemp("checkout") / "repo").init()
    for name in ("params.yaml", "dvc.yaml", "gates.yaml", "metrics.json", "dvc.lock"):
        shutil.copy(ROOT / name, place.root)
    shutil.copytree(ROOT / "profiles", place.root / "profiles")
    place.commit()
    return place


def with_line(checkout: Checkout, line: bytes) -> None:
    original = (ROOT / "params.yaml").read_bytes()
    assert original.count(LINE) >= 1
    (checkout.root / "params.yaml").write_bytes(original.replace(LINE, line, 1))


def refusal(result: Result, words: list[str]) -> str:
    if result.exception and not isinstance(result.exception, SystemExit):
        raise AssertionError(words) from result.exception
    assert result.exit_code == 1, (words, result.output)
    (line,) = result.output.splitlines()
    return line.removeprefix("Error: ")


def refusals(checkout: Checkout, commands: list[list[str]]) -> set[str]:
    with checkout.inside():
        return {refusal(CliRunner().invoke(main, words), words) for words in commands}


def require_line_of_the_stages(checkout: Checkout, commands: list[list[str]], text: bytes, message: str) -> str:
    """Return the line with which each command fails: that of a stage. The file stays as it is."""
    with_line(checkout, text)
    before = (checkout.root / "params.yaml").read_bytes()
    (line,) = refusals(checkout, commands)
    with pytest.raises(ParamsError) as of_stages:
        file.read(checkout.root / "params.yaml")
    assert line == str(of_stages.value)
    assert message in line
    assert (checkout.root / "params.yaml").read_bytes() == before
    return line


@pytest.mark.parametrize("name", UNREADABLE)
def test_unreadable_parameters_are_one_line(name: str, checkout: Checkout):
    assert require_line_of_the_stages(checkout, WAYS, *UNREADABLE[name]).startswith("params.yaml: ")


@pytest.mark.parametrize("name", UNFIT)
def test_value_of_another_type_is_one_line(name: str, checkout: Checkout):
    # `profile` replaces the value.
    require_line_of_the_stages(checkout, WAYS[:2], *UNFIT[name])


def test_every_command_says_the_same_line(checkout: Checkout):
    require_line_of_the_stages(checkout, READING + PROFILE, *UNREADABLE["deep"])
    require_line_of_the_stages(checkout, READING, *UNFIT["date"])


def test_profile_replaces_a_date(checkout: Checkout):
    with_line(checkout, b"      seed: 2024-01-01\n")
    assert f"{KEY}2024-01-01 → 2" in checkout.atelier("profile", "diff", "demo").stdout.splitlines()
    checkout.atelier("profile", "apply", "demo")
    assert (checkout.root / "params.yaml").read_bytes() == (ROOT / "params.yaml").read_bytes()


def test_parameters_that_are_no_mapping_are_one_line(checkout: Checkout):
    for text in ("", "- 1\n", "2024-01-01\n", "text\n"):
        checkout.write("params.yaml", text)
        (line,) = refusals(checkout, WAYS[:2])
        assert line.startswith("params.yaml: got ")
        assert "allowed is a mapping" in line


def test_date_in_the_parameters_of_another_commit_is_no_traceback(checkout: Checkout):
    other = Checkout(checkout.root)
    with_line(other, b"      seed: 2024-01-01\n")
    commit = other.commit("a date")
    with_line(other, LINE)
    assert other.atelier("compare", commit, status=None).status in (0, 1)
    assert other.atelier("gc", status=None).output.count("\n") <= 8


def test_aliases_that_multiply_are_refused():
    lists = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    with pytest.raises(ParamsError, match="its aliases stand for more than 1,000,000 values"):
        document.load("\n".join(["a0: &a0 [1]", *lists]), "params.yaml")
