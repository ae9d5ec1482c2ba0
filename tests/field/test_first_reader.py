"""What a first-time reader meets: the first command of each kind, its help, and the README."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner, Result
from copied_results import Results
from PIL import Image

from atelier.cli.main import COMMANDS, main

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def called(*words: object) -> Result:
    return CliRunner().invoke(main, list(map(str, words)))


def printed(*words: object) -> str:
    result = called(*words)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def digits(trained_digits: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(trained_digits)


@pytest.fixture
def texts(trained_texts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(trained_texts)


def test_text_without_a_prompt_begins_with_that_of_its_run(
    trained_texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = shutil.copytree(trained_texts, tmp_path / "checkout") / "params.yaml"
    monkeypatch.chdir(params.parent)
    params.write_bytes(re.sub(b"\\bprompt: This movie", b"prompt: The house", params.read_bytes()))
    assert printed("write", "imdb-lm", "--max-tokens", 24).startswith("The house")
    assert not printed("write", "imdb-lm", "--prompt", "", "--max-tokens", 24).startswith("The house")


def test_prompt_of_the_run_that_leaves_no_room_is_left_out_and_one_line_says_so(texts: None) -> None:
    result = called("write", "imdb-lm", "--max-tokens", 2)
    assert (result.exit_code, result.stderr) == (0, "without a prompt: that of imdb-lm does not fit in 2 tokens\n")
    assert result.stdout == printed("write", "imdb-lm", "--prompt", "", "--max-tokens", 2)


@pytest.mark.parametrize("count", [1, 16, 25, 100])
def test_sheet_of_pictures_is_large_enough_to_see(digits: None, tmp_path: Path, count: int) -> None:
    printed("generate", "mnist-vae", "--unverified", "-n", count, "-o", tmp_path / "sheet.png")
    printed("generate", "mnist-vae", "--unverified", "-n", count, "--scale", 1, "-o", tmp_path / "small.png")
    sheet, small = (np.asarray(Image.open(tmp_path / name)) for name in ("sheet.png", "small.png"))
    factor = len(sheet) // len(small)
    np.testing.assert_array_equal(sheet, small.repeat(factor, axis=0).repeat(factor, axis=1))
    # No other whole factor is nearer.
    assert abs(512 - max(sheet.shape)) <= max(small.shape) / 2


def test_sheet_larger_than_512_pixels_and_pictures_in_a_folder_keep_their_size(digits: None, tmp_path: Path) -> None:
    printed("generate", "mnist-vae", "--unverified", "-n", 400, "-o", tmp_path / "sheet.png")
    printed("generate", "mnist-vae", "--unverified", "-n", 1, "-o", tmp_path / "pictures")
    for name, side in (("sheet.png", 598), ("pictures/seed-000000.png", 28)):
        assert np.asarray(Image.open(tmp_path / name)).shape == (side, side)


def test_compare_says_beside_which_commit_outputs_changed_and_that_the_numbers_are_equal(results: Results) -> None:
    results.write("drawn/mnist-vae/samples.png", "another picture")
    results.dvc("repro", "-q")
    commit = results.git("rev-parse", "main")
    count = sum(map(len, results.numbers().values()))
    for done in (results.atelier("compare"), results.atelier("compare", "--markdown")):
        assert f"Outputs that differ from main ({commit[:7]})" in done.stdout
        assert re.search(r"\bstage[ |]+compared with main\b", done.stdout)
        assert f"All {count} numbers in metrics" in done.stdout
    assert "are the same as those of main." in results.atelier("compare").stdout
    # A hash is its own name.
    assert f"Outputs that differ from {commit[:10]}\n" in results.atelier("compare", commit, "--markdown").stdout
    results.set_number("mnist-vae", "fd", 9.0, "numbers.json")
    results.dvc("repro", "-q")
    assert "numbers in metrics" not in results.atelier("compare").stdout


def options(name: str) -> Iterator[click.Option]:
    command = main.get_command(click.Context(main), name)
    for one in (command, *getattr(command, "commands", {}).values()):
        yield from (option for option in one.params if isinstance(option, click.Option))


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_every_option_is_a_sentence_that_names_its_value(name: str) -> None:
    for option in options(name):
        sentence = " ".join((option.help or "").split())
        assert re.match(r"[A-Z].*\.$", sentence), (option.name, sentence)
        assert "[default" not in sentence, (option.name, sentence)
        assert option.metavar or not isinstance(option.type, click.types._NumberRangeBase), option.name
        assert option.default != "" or option.show_default is False, option.name


@pytest.mark.parametrize("option", ["--temperature", "--top-k", "--top-p", "--min-p", "--repetition-penalty"])
def test_help_of_writing_says_which_value_changes_nothing_or_is_usual(option: str) -> None:
    page = " ".join(printed("write", "--help").split())
    own = page.split(f" {option} ")[-1].split(" --")[0]
    assert re.search(r"probab", own)
    assert re.search(r"\b[01] (disables it|always takes)", own)


def test_examples_of_the_first_help_page_show_what_there_is() -> None:
    page = printed("--help")
    examples = page[page.index("Examples:") : page.index("Options:")]
    shown = re.findall(r"^ +atelier (\w+)", examples, re.MULTILINE)
    assert {"run", "why", "generate", "write", "edit", "compare", "profile"} <= set(shown)
    assert max(map(len, page.splitlines())) <= 80


def test_readme_answers_the_first_questions() -> None:
    words = " ".join(README.split())
    for answer in (
        "about 14 minutes on 2 cores", "2.1 GB", "0.3 GB", "xdg-open data/report/index.html",
        "open data/report/index.html", "python -m http.server", "](docs/report.png)", "Linux on x86-64",
        "dvc repro evaluate@mnist-vae", "atelier run evaluate@mnist-vae", "*Generative Deep Learning*", "David Foster",
    ):  # fmt: skip
        assert answer in words, answer
    assert len(README.splitlines()) <= 183


def test_picture_of_the_report_is_small_enough_for_the_readme() -> None:
    path = ROOT / "docs/report.png"
    assert path.stat().st_size <= 300_000
    assert np.asarray(Image.open(path)).shape[1] == 1200
