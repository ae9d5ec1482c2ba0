"""`atelier write` generates texts with a trained language model; errors are one line."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from atelier.cli.main import main

CONTEXT = 32


@pytest.fixture(scope="module")
def project(trained_texts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with a network of texts, and a run of images whose weights must not be read."""
    place = shutil.copytree(trained_texts, tmp_path_factory.mktemp("project") / "checkout")
    (place / "data/models/mnist-vae").mkdir()
    (place / "data/models/mnist-vae/model.weights.h5").touch()
    return place


@pytest.fixture
def write(project: Path, monkeypatch: pytest.MonkeyPatch):
    """Call the command with the working directory in the project."""
    monkeypatch.chdir(project)

    def call(*words: str) -> Result:
        return CliRunner().invoke(main, ["write", *words])

    return call


def printed(result: Result) -> str:
    """The output of a command that succeeds."""
    assert result.exit_code == 0, result.output
    return result.stdout


def refusal(result: Result) -> str:
    """The one line of a command that fails."""
    assert result.exit_code == 1
    (line,) = result.output.splitlines()
    assert line.startswith("Error: ")
    return line.removeprefix("Error: ")


def test_help_explains_every_way_of_choosing_tokens():
    page = printed(CliRunner().invoke(main, ["write", "--help"]))
    for option in ("--prompt", "--temperature", "--top-k", "--top-p", "--min-p", "--repetition-penalty", "--stream"):
        assert option in page
    assert 'atelier write imdb-lm --prompt "this movie"' in page
    assert "A text depends on its seed only" in page


def test_text_of_a_seed_is_the_same_alone_and_among_others(write):
    three = write("imdb-lm", "-n", "3", "--max-tokens", "20")
    assert [line for line in three.stderr.splitlines() if line.startswith("seed ")] == ["seed 0", "seed 1", "seed 2"]
    first, last = (printed(write("imdb-lm", "-n", "1", "--seed", seed, "--max-tokens", "20")) for seed in "02")
    assert first != last
    assert printed(three).startswith(first)
    assert printed(three).endswith(last)


def test_temperature_zero_writes_the_same_whatever_the_seed(write):
    texts = {printed(write("imdb-lm", "--temperature", "0", "--seed", seed, "--max-tokens", "12")) for seed in "12"}
    assert len(texts) == 1


def test_stream_writes_the_same_text_which_begins_with_its_prompt(write):
    words = ("imdb-lm", "--prompt", "This movie", "--seed", "1", "--temperature", "1.5", "--top-p", "0.95")
    streamed = printed(write(*words, "--stream"))
    assert streamed == printed(write(*words))
    assert streamed.startswith("This movie")


def test_a_text_is_as_long_as_the_context_by_default(write):
    by_default = printed(write("imdb-lm"))
    assert by_default == printed(write("imdb-lm", "--max-tokens", str(CONTEXT)))
    assert len(printed(write("imdb-lm", "--max-tokens", "6"))) < len(by_default)


def test_unknown_run_is_one_line_with_those_that_there_are(write, small_params):
    line = refusal(write("imdb-gan"))
    assert "'imdb-gan'" in line
    assert ", ".join(small_params["runs"]) in line


def test_run_of_images_is_one_line_with_the_command_for_it(write):
    line = refusal(write("mnist-vae"))
    assert "images" in line
    assert "`atelier generate mnist-vae`" in line


def test_generating_pictures_with_a_run_of_text_is_one_line_with_the_command_for_it(write, tmp_path: Path):
    result = CliRunner().invoke(main, ["generate", "imdb-lm", "-o", str(tmp_path / "grid.png")])
    assert "`atelier write imdb-lm`" in refusal(result)


@pytest.mark.parametrize(
    ("option", "value", "line"),
    [
        ("--top-p", "1.5", "options.top_p: got 1.5; allowed is a number above 0 and at most 1"),
        ("--min-p", "1", "options.min_p: got 1.0; allowed is a number at least 0 and below 1"),
        ("--top-k", "-1", "options.top_k: got -1; allowed is a whole number at least 0"),
        (
            "--repetition-penalty",
            "0.5",
            "options.repetition_penalty: got 0.5; allowed is a number at least 1 and at most 10",
        ),
    ],
)
def test_filter_out_of_range_is_one_line_with_what_is_allowed(write, option: str, value: str, line: str):
    assert refusal(write("imdb-lm", option, value)) == line


def test_more_tokens_than_the_context_are_one_line_with_both_numbers(write):
    line = refusal(write("imdb-lm", "--max-tokens", str(CONTEXT + 1)))
    assert line.startswith(f"a text of {CONTEXT + 1} tokens does not fit the context of {CONTEXT} ")


def test_prompt_that_leaves_no_room_is_one_line(write):
    line = refusal(write("imdb-lm", "--prompt", "This movie was", "--max-tokens", "4"))
    assert line.endswith("tokens leaves no room in 4 tokens")


def test_dataset_that_is_not_prepared_is_one_line_that_names_its_file(write, project: Path):
    tokenizer = project / "data/prepared/imdb/tokenizer.json"
    kept = tokenizer.read_bytes()
    tokenizer.unlink()
    try:
        assert refusal(write("imdb-lm")) == f"{tokenizer} is missing: nothing has been prepared there yet"
    finally:
        tokenizer.write_bytes(kept)


@pytest.mark.parametrize("option, value", [("-n", "0"), ("--seed", "-1"), ("--temperature", "11")])
def test_number_out_of_range_is_refused_with_what_is_allowed(write, option: str, value: str):
    result = write("imdb-lm", option, value)
    assert result.exit_code == 2
    assert "is not in the range" in result.output


def test_more_tokens_than_the_vocabulary_has_are_all_of_them(write):
    words = ("imdb-lm", "--max-tokens", "8")
    # More than 32 and more than 64 bits hold.
    limits = ((), ("--top-k", "3000000000"), ("--top-k", str(2**64)))
    assert len({printed(write(*words, *limit)) for limit in limits}) == 1
