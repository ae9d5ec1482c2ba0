"""A language model from training to evaluation: outputs are reproducible and show every text as it is."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest

from atelier.core import files
from atelier.core.prepared import Prepared
from atelier.core.text import END, PAD, TOKENIZER, Corpus, Tokenizer
from atelier.families.transformer_lm import evaluate as evaluation
from atelier.families.transformer_lm import sample as sampling
from atelier.modalities.text import preview as previews
from atelier.modalities.text.generate import Prompt, Request, Writer
from atelier.modalities.text.params import UNFILTERED
from atelier.modalities.text.watch import Watch
from atelier.networks import network as networks
from atelier.networks.network import Network
from atelier.params import file
from atelier.params.file import Run

# Text that would change if it were read as markup, as a template or as a regular expression.
HOSTILE = r"""if (a < b) { write("<script>alert('1')</script>"); } {{ name }} {% raw %} ${x} &amp; \n %s [END] </td>"""


@pytest.fixture(scope="module")
def run(params_file: Path) -> Run:
    return file.read(params_file).entry("runs", "imdb-lm")


@pytest.fixture(scope="module")
def data(prepared_texts: Path) -> Prepared:
    return Prepared.read(prepared_texts)


@pytest.fixture(scope="module")
def tokenizer(data: Prepared) -> Tokenizer:
    return Tokenizer(data.directory / TOKENIZER)


@pytest.fixture(scope="module")
def network(language_model: Path) -> Network:
    return networks.load(language_model)


@pytest.fixture(scope="module")
def samples(network: Network, data: Prepared, run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("samples") / "out"
    sampling.sample(network, data, run.sample, out)
    return out


@pytest.fixture(scope="module")
def evaluated(network, data, judge_of_texts: Path, samples: Path, run: Run, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("evaluated") / "out"
    evaluation.evaluate(network, data, judge_of_texts, samples, run.evaluate, out)
    return out


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir())}


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as opened:
        return list(csv.DictReader(opened))


def spelled(cell: list[tuple[str, float | None]], given: bool) -> str:
    """The text of the tokens of the prompt, or of the others."""
    return "".join(piece for piece, nats in cell if (nats is None) == given).strip()


def test_sampling_is_reproducible(network, data: Prepared, run: Run, samples: Path, tmp_path: Path):
    sampling.sample(network, data, run.sample, tmp_path / "again")
    assert contents(tmp_path / "again") == contents(samples)


def test_samples_are_texts_without_a_prompt_at_each_temperature(network, run: Run, samples: Path):
    tokens = np.load(samples / "samples.npy")
    temperatures = run.sample.temperatures
    assert tokens.shape == (len(temperatures), run.sample.samples, run.sample.max_tokens)
    assert files.read_json(samples / "samples.json") == {"temperatures": list(temperatures)}
    request = Request((), run.sample.seed + 5, temperatures[1], run.sample)
    (text,) = Writer(network.model, run.sample.batch, run.sample.max_tokens).write([request])
    assert tokens[1, 5][tokens[1, 5] != PAD].tolist() == text.tokens.tolist()


def test_every_table_is_listed_and_has_its_rows_and_columns(run: Run, samples: Path):
    exhibits = {exhibit["title"]: samples / exhibit["file"] for exhibit in files.read_json(samples / "pictures.json")}
    assert list(exhibits) == ["From a prompt", "Without a prompt"]
    for path in exhibits.values():
        shown = files.read_json(path)
        assert shown["columns"] == [f"temperature {temperature:g}" for temperature in run.sample.temperatures]
        assert len(shown["rows"]) == run.sample.shown
    for row in files.read_json(exhibits["From a prompt"])["rows"]:
        for cell in row["cells"]:
            assert spelled(cell, given=True) == run.sample.prompt
            assert spelled(cell, given=False)


def test_evaluation_is_reproducible(network, data, judge_of_texts, samples, run, evaluated, tmp_path: Path):
    evaluation.evaluate(network, data, judge_of_texts, samples, run.evaluate, tmp_path / "again")
    assert contents(tmp_path / "again") == contents(evaluated)


def test_metrics_have_all_documented_names(evaluated: Path):
    metrics = files.read_json(evaluated / "metrics.json")
    names = (
        "perplexity word_perplexity bits_per_byte oov_rate ngram_perplexity ngram_bits_per_byte distinct_2 "
        "human_distinct_2 rep_4 human_rep_4 self_bleu_4 copied_8 fd fd_floor fd_ceiling kid samples"
    )
    assert set(names.split()) <= set(metrics)
    assert all(np.isfinite(value) for value in metrics.values())
    assert 1 < metrics["perplexity"] < metrics["word_perplexity"]


def test_statistics_have_a_row_for_each_temperature_and_one_for_people(evaluated: Path, run: Run):
    rows = table(evaluated / "statistics.csv")
    expected = [f"temperature {temperature:g}" for temperature in run.sample.temperatures]
    assert [row["texts"] for row in rows] == [*expected, "people"]
    metrics = files.read_json(evaluated / "metrics.json")
    chosen, *_, people = rows
    assert float(chosen["distinct 2"]) == pytest.approx(metrics["distinct_2"], rel=1e-3)
    assert float(people["distinct 2"]) == pytest.approx(metrics["human_distinct_2"], rel=1e-3)
    assert float(chosen["fd"]) == pytest.approx(metrics["fd"], rel=1e-3)
    assert float(people["fd"]) == pytest.approx(metrics["fd_floor"], rel=1e-3)


def test_every_table_of_the_evaluation_has_rows(evaluated: Path):
    for exhibit in files.read_json(evaluated / "pictures.json"):
        assert table(evaluated / exhibit["file"]), exhibit["title"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"temperature": 0.3}, r"evaluate\.temperature: got 0\.3; .*: 0\.7, 1$"),
        ({"samples": 121}, r"evaluate\.samples: got 121; .* 120 "),
    ],
)
def test_evaluation_of_missing_samples_is_refused(
    changes, message, samples, network, data, judge_of_texts, run, tmp_path: Path
):
    params = run.evaluate.model_copy(update=changes)
    with pytest.raises(ValueError, match=message):
        evaluation.evaluate(network, data, judge_of_texts, samples, params, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def with_train_text(directory: Path, tokens: list[int], place: Path) -> Prepared:
    """The dataset with one more text at the start of its train split."""
    copy = shutil.copytree(directory, place)
    train = Corpus.read(directory, "train")
    arrays = {
        "tokens": np.concatenate([[*tokens, END], train.tokens]).astype(train.tokens.dtype),
        "starts": np.concatenate([[0], train.starts + len(tokens) + 1]),
        "labels": np.concatenate([train.labels[:1], train.labels]),
        "sizes": np.concatenate([train.sizes[:1], train.sizes]),
        "spelling": np.concatenate([train.spelling[:1], train.spelling]),
    }
    for name, array in arrays.items():
        np.save(copy / f"train_{name}.npy", array)
    return Prepared.read(copy)


def test_copy_of_a_train_text_is_found_and_shown_unchanged(
    network, data, tokenizer, judge_of_texts: Path, samples: Path, run: Run, tmp_path: Path
):
    tokens = tokenizer.encode(HOSTILE)
    extended = with_train_text(data.directory, tokens, tmp_path / "prepared")
    copied = shutil.copytree(samples, tmp_path / "samples")
    drawn = np.load(copied / "samples.npy")
    drawn = np.pad(drawn, [(0, 0), (0, 0), (0, max(0, len(tokens) - drawn.shape[2]))], constant_values=PAD)
    drawn[0, 3] = PAD
    drawn[0, 3, : len(tokens)] = tokens
    np.save(copied / "samples.npy", drawn)
    evaluation.evaluate(network, extended, judge_of_texts, copied, run.evaluate, tmp_path / "out")
    first, *_ = table(tmp_path / "out/copies.csv")
    assert first == {"tokens": str(len(tokens)), "sample": f"[{HOSTILE}]", "train split": f"[{HOSTILE}]"}
    metrics = files.read_json(tmp_path / "out/metrics.json")
    assert metrics["longest_copy"] == len(tokens)
    assert metrics["copied_8"] > 0


def test_prompt_that_looks_like_markup_is_shown_unchanged(network, data: Prepared, run: Run, tmp_path: Path):
    prompt = "<b>{x}%s"
    params = run.sample.model_copy(update={"prompt": prompt, "samples": 2, "temperatures": (1.0,)})
    sampling.sample(network, data, params, tmp_path / "out")
    for row in files.read_json(tmp_path / "out/prompted.json")["rows"]:
        assert spelled(row["cells"][0], given=True) == prompt
    assert f"“{prompt}”" in files.read_json(tmp_path / "out/pictures.json")[0]["caption"]


def test_previews_have_a_row_for_each_epoch(language_model: Path, run: Run):
    growth = files.read_json(language_model / "previews/growth.json")
    assert [row["name"] for row in growth["rows"]] == [f"epoch {epoch}" for epoch in range(1, run.train.epochs + 1)]
    assert growth["columns"] == [f"temperature {temperature:g}" for temperature in run.train.preview_temperatures]
    for row in growth["rows"]:
        for cell in row["cells"]:
            assert spelled(cell, given=True) == run.train.preview_prompt


def test_preview_is_the_text_of_its_seed_and_reproducible(network, data, tokenizer, run: Run, tmp_path: Path):
    for name in ("a", "b"):
        previews.take(network, data, run.train, tmp_path / name)
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    prompt = Prompt.of(run.train.preview_prompt, tokenizer)
    highest = run.train.preview_temperatures[-1]
    writer = Writer(network.model, len(run.train.preview_temperatures), run.train.preview_tokens)
    (text,) = writer.write([prompt.request(run.train.seed, highest, UNFILTERED)])
    shown = files.read_json(tmp_path / "a.json")["cells"][-1]
    assert "".join(piece for piece, _ in shown).strip() == tokenizer.decode(text.tokens)


def test_watch_is_reproducible_and_does_not_read_the_test_split(
    network, data: Prepared, judge_of_texts: Path, language_model: Path, run: Run, tmp_path: Path
):
    unseen = shutil.copytree(data.directory, tmp_path / "prepared", ignore=shutil.ignore_patterns("test_*"))
    first = Watch(judge_of_texts, data, run.train).measure(network)
    assert Watch(judge_of_texts, Prepared.read(unseen), run.train).measure(network) == first
    header = (language_model / "history.csv").read_text().splitlines()[0].split(",")
    assert set(first) == {"kid", "coverage", "class_entropy"} <= set(header)
    assert 0 <= first["coverage"] <= 1
    assert 0 <= first["class_entropy"] <= np.log(2) + 1e-6
