"""Texts of a person's own, without labels: a judge of the order of sentences, a language model, and the report."""

import copy
from pathlib import Path
from typing import Any

import keras
import numpy as np
import own_runs
import pytest
import yaml
from own_texts import PARAMS, written

from atelier.core import files
from atelier.core.prepared import Prepared
from atelier.core.text import PAD, TOKENIZER, Corpus, Tokenizer
from atelier.datasets.formats.texts.prepare import prepare_texts
from atelier.modalities.judge import Judge
from atelier.modalities.text import judge as judging
from atelier.modalities.text import sentences
from atelier.params import file
from atelier.workflow.results import exhibition

ROOT = Path(__file__).parents[3]
PREPARE = PARAMS.model_dump() | {"vocabulary": 500, "validation": 0.3, "test": 0.33}


def parameters(small: dict[str, Any], labels: str = "shuffled", **prepare: Any) -> dict[str, Any]:
    judge, run = copy.deepcopy(small["judges"]["imdb"]), copy.deepcopy(small["runs"]["imdb-lm"])
    judge["labels"] = labels
    judge["train"] |= {"length": 128, "batch": 16}
    judge["gauge"] |= {"samples": 100}
    run["dataset"] = "letters"
    run["train"] |= {"epochs": 1, "steps_per_epoch": 4, "validation_tokens": 1000}
    run["sample"] |= {"samples": 100}
    run["evaluate"] |= {"samples": 100}
    datasets = {"letters": {"kind": "text_files", "prepare": PREPARE | prepare}}
    return {
        "downloads": {}, "datasets": datasets, "judges": {"letters": judge}, "runs": {"letters-lm": run}, "edits": {},
    }  # fmt: skip


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    raw = tmp_path_factory.mktemp("raw")
    for index in range(420):
        path = raw / ("good", "bad")[index % 2] / f"{index}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(written(index), encoding="utf-8")
    return raw


@pytest.fixture(scope="module")
def place(raw: Path, small_params: dict[str, Any], manifests: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All outputs of a run on unlabelled texts."""
    place = tmp_path_factory.mktemp("letters")
    (place / "params.yaml").write_text(yaml.safe_dump(parameters(small_params), sort_keys=False), encoding="utf-8")
    prepare = file.read(place / "params.yaml").datasets["letters"].prepare
    prepare_texts("letters", raw, place / "data/prepared/letters", prepare, "own")
    own_runs.evaluate(place, "letters-lm", manifests)
    return place


@pytest.fixture(scope="module")
def texts(place: Path) -> sentences.Sentences:
    directory = place / "data/prepared/letters"
    return sentences.Sentences.read(Corpus.read(directory, "train"), Tokenizer(directory / TOKENIZER), 128)


@pytest.mark.parametrize(
    "text, count",
    [("One. Two! Three? Four", 4), ('"Stop!" (He did.) So.', 3), ("雨だ。雪か？晴れ！", 3), ("3.14 is pi", 1), ("", 0)],
)
def test_sentences_end_with_their_punctuation(text: str, count: int) -> None:
    assert len(sentences.split(text)) == count


def test_rows_are_the_complete_sentences_of_a_text(texts: sentences.Sentences, place: Path) -> None:
    directory = place / "data/prepared/letters"
    tokenizer = Tokenizer(directory / TOKENIZER)
    originals = [tokenizer.decode(Corpus.read(directory, "train").text(i)) for i in range(140)]
    assert len(texts) > 100
    for row, ends in zip(texts.rows[:20], texts.ends, strict=False):
        text = tokenizer.decode(row[: ends[-1]])
        assert any(original.startswith(text) for original in originals)
        assert text[-1] in ".!?…”\")'"
        assert (row[ends[-1] :] == PAD).all()


def test_shuffled_texts_have_the_same_sentences_in_another_order(texts: sentences.Sentences, place: Path) -> None:
    tokenizer = Tokenizer(place / "data/prepared/letters" / TOKENIZER)
    rows, labels = texts.held_out(seed=1)
    assert labels[:4].tolist() == [0, 1, 0, 1]
    for index in range(20):
        before, after = (tokenizer.decode(row[row != PAD]) for row in (texts.rows[index], rows[index]))
        assert (before != after) == bool(labels[index])
        assert sorted(sentences.split(before)) == sorted(sentences.split(after))


def test_batches_are_the_same_each_time_and_half_of_their_texts_are_shuffled(texts: sentences.Sentences) -> None:
    batches = sentences.ShuffledBatches(texts, 64, 1, lambda rows, _: rows)
    (rows, labels), (again, same) = batches[0], batches[0]
    np.testing.assert_array_equal(rows, again)
    np.testing.assert_array_equal(labels, same)
    originals = {row.tobytes() for row in texts.rows}
    assert [row.tobytes() not in originals for row in rows] == labels.astype(bool).tolist()
    assert 0.25 < labels.mean() < 0.75
    batches.start_epoch(1)
    assert not np.array_equal(batches[0][1], labels)


def test_judge_of_unlabelled_texts_predicts_the_order_of_their_sentences(place: Path) -> None:
    judge = Judge.load(place / "data/judges/letters")
    assert judge.spec.classes == sentences.NAMES
    summary = files.read_json(judge.directory / "judge.json")
    assert set(summary["class_accuracy"]) == set(sentences.NAMES)
    assert set(summary["gauge"]) == {"floor", "shuffled", "unigram"}


def test_run_on_unlabelled_texts_has_distances_and_no_classes(place: Path) -> None:
    metrics = files.read_json(place / "metrics.json")["letters-lm"]
    assert {"perplexity", "fd", "fd_floor", "fd_ceiling", "kid", "distinct_2", "human_distinct_2"} <= set(metrics)
    assert not {name for name in metrics if "class" in name or "positive" in name}
    evaluation = place / "data/evaluations/letters-lm"
    assert not (evaluation / "classes.json").exists()
    assert "class" not in (evaluation / "statistics.csv").read_text(encoding="utf-8").splitlines()[0]
    history = (place / "data/models/letters-lm/history.csv").read_text().splitlines()[0].split(",")
    assert {"kid", "coverage"} <= set(history)
    assert "class_entropy" not in history


def test_report_shows_own_texts_and_what_their_judge_predicts(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    text = own_runs.report()
    for expected in ("own files", "whether the sentences of a text were shuffled", "order of the sentences"):
        assert expected in text, expected
    assert "What the samples show" not in text


def test_own_texts_are_private(small_params: dict[str, Any]) -> None:
    assert exhibition.private(parameters(small_params), "letters-lm")


def judged(place: Path, raw: Path, params: dict[str, Any], code: Path) -> None:
    checked = file.check(params)
    prepare_texts("letters", raw, place / "prepared", checked.datasets["letters"].prepare, "own")
    prepared = Prepared.read(place / "prepared")
    judging.train(prepared, checked.judges["letters"], code, place / "judge", place / "checkpoints")


@pytest.mark.parametrize(
    "labels, prepare, expected",
    [
        ("classes", {}, "labels: got 'classes'; letters has no classes; allowed is shuffled"),
        ("shuffled", {"tokenizer": "word"}, "labels: got 'shuffled'; the train split of letters has 0 texts with two"),
        ("shuffled", {"test": 0.1}, "gauge.samples: got 100; the test split of letters has"),
    ],
)
def test_labels_that_texts_lack_are_one_line(
    labels: str, prepare: dict[str, Any], expected: str, raw: Path, small_params: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=r"^(labels|gauge)") as caught:
        judged(tmp_path, raw, parameters(small_params, labels, **prepare), tmp_path / "none.json")
    assert str(caught.value).startswith(expected)
    assert "\n" not in str(caught.value)


def test_judge_of_folders_classifies_them(
    raw: Path, small_params: dict[str, Any], manifests: Path, tmp_path: Path
) -> None:
    keras.utils.clear_session()
    params = parameters(small_params, "classes", classes="folders")
    judged(tmp_path, raw, params, manifests / "judge" / "text_files.json")
    assert Judge.load(tmp_path / "judge").spec.classes == ("bad", "good")
    assert set(files.read_json(tmp_path / "judge/judge.json")["class_accuracy"]) == {"bad", "good"}
