"""`atelier write` generates texts with a trained language model; errors are one line."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from atelier.cli.main import main
from atelier.core import files
from atelier.core.spec import Spec
from atelier.networks import network as networks
from atelier.params import file

ROOT = Path(__file__).parents[2]
CONTEXT = 32


@pytest.fixture(scope="module")
def project(lock, params_file: Path, prepared_texts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a checkout with the network of one run of text, whose weights are random."""
    place = tmp_path_factory.mktemp("project")
    (place / "params.yaml").write_bytes(params_file.read_bytes())
    (place / "dvc.yaml").write_bytes((ROOT / "dvc.yaml").read_bytes())
    shutil.copytree(prepared_texts, place / "data/prepared/imdb")
    spec = Spec.from_dict(files.read_json(prepared_texts / "spec.json"))
    section = file.read(params_file).entry("runs", "imdb-lm").train
    network = networks.build("transformer_lm", section, spec, seed=1, precision="float32")
    networks.save(network, place / "data/models/imdb-lm")
    lock(place, "train@imdb-lm", "data/models/imdb-lm/config.json", "data/models/imdb-lm/model.weights.h5")
    # A run of images, whose weights must not be read.
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


def test_text_begins_with_its_prompt(write):
    assert printed(write("imdb-lm", "--prompt", "This movie")).startswith("This movie")


def test_text_of_a_seed_is_the_same_alone_and_among_others(write):
    three = write("imdb-lm", "-n", "3", "--max-tokens", "20")
    assert [line for line in three.stderr.splitlines() if line.startswith("seed ")] == ["seed 0", "seed 1", "seed 2"]
    alone = [printed(write("imdb-lm", "-n", "1", "--seed", str(seed), "--max-tokens", "20")) for seed in range(3)]
    assert printed(three) == "".join(alone)
    assert len(set(alone)) == 3


def test_temperature_zero_writes_the_same_whatever_the_seed(write):
    texts = {printed(write("imdb-lm", "--temperature", "0", "--seed", seed, "--max-tokens", "12")) for seed in "12"}
    assert len(texts) == 1


@pytest.mark.parametrize("seed", ["0", "1"])
def test_stream_writes_the_same_text(write, seed: str):
    words = ("imdb-lm", "--prompt", "This", "--seed", seed, "--temperature", "1.5", "--top-p", "0.95")
    assert printed(write(*words, "--stream")) == printed(write(*words))


def test_a_text_is_as_long_as_the_context_by_default(write):
    assert printed(write("imdb-lm")) == printed(write("imdb-lm", "--max-tokens", str(CONTEXT)))
    assert len(printed(write("imdb-lm", "--max-tokens", "6"))) < len(printed(write("imdb-lm")))


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


@pytest.mark.parametrize("top_k", [3_000_000_000, 2**64])
def test_more_tokens_than_the_vocabulary_has_are_all_of_them(write, top_k: int):
    words = ("imdb-lm", "--max-tokens", "8")
    assert printed(write(*words, "--top-k", str(top_k))) == printed(write(*words))
