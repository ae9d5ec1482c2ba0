"""A judge of texts: the draws of floor and ceilings, what its features depend on, and a trained judge."""

from pathlib import Path

import numpy as np
import pytest

from atelier.core import files
from atelier.core.prepared import Prepared
from atelier.core.text import END, PAD, Corpus, padded
from atelier.datasets.formats.reviews.params import Embedded, Prepare
from atelier.datasets.imdb import source
from atelier.datasets.imdb.twin import write as twin
from atelier.modalities import judge as judges
from atelier.modalities.judge import FLOOR, REAL
from atelier.modalities.judge import Judge as TrainedJudge
from atelier.modalities.text import judge as judging
from atelier.modalities.text.params import Judge as Params
from atelier.params import file

CEILINGS = ("shuffled", "unigram")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """A twin with whole words as tokens, from which a judge learns more than from sub-words."""
    place = tmp_path_factory.mktemp("words")
    (place / "raw").mkdir()
    twin.write(place / "raw", Embedded(train=400, test=200, unsup=60, seed=26))
    words = Prepare(tokenizer="word", vocabulary=1500, unsup=True, validation=60, seed=27)
    source.prepare("imdb", place / "raw", place / "prepared", words, "embedded")
    return Prepared.read(place / "prepared")


@pytest.fixture(scope="module")
def corpora(data: Prepared) -> dict[str, Corpus]:
    return {split: Corpus.read(data.directory, split) for split in ("train", "validation", "test")}


@pytest.fixture(scope="module")
def params(params_file: Path) -> Params:
    small = file.read(params_file).entry("judges", "imdb")
    # Longer than in the shared parameters, so that the judge learns to classify.
    train = {
        "length": 128,
        "embedding": 16,
        "kernels": (1, 3),
        "filters": 16,
        "features": 16,
        "epochs": 10,
        "batch": 16,
        "learning_rate": 0.01,
        "ema": 0.0,
    }
    gauge = {"tokens": 60}
    return Params(
        labels="classes", train=small.train.model_copy(update=train), gauge=small.gauge.model_copy(update=gauge)
    )


@pytest.fixture(scope="module")
def drawn(corpora, data: Prepared, params: Params) -> dict[str, list[np.ndarray]]:
    return judging.draws(corpora, params.gauge, data.spec.vocabulary)


@pytest.fixture(scope="module")
def code(manifests: Path) -> Path:
    return manifests / "judge" / "imdb.json"


@pytest.fixture(scope="module")
def judge(data: Prepared, params: Params, code: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainedJudge:
    place = tmp_path_factory.mktemp("judge")
    judging.train(data, params, code, place / "out", place / "checkpoints")
    return TrainedJudge.load(place / "out")


def beginnings(corpus: Corpus, tokens: int) -> set[bytes]:
    return {corpus.text(index)[:-1][:tokens].tobytes() for index in range(len(corpus))}


def test_every_draw_has_the_configured_number_of_texts_of_limited_length(drawn, params: Params):
    assert set(drawn) == {REAL, FLOOR, *CEILINGS}
    for texts in drawn.values():
        assert len(texts) == params.gauge.samples
        assert max(map(len, texts)) == params.gauge.tokens


@pytest.mark.parametrize("split", ["test", "train"])
def test_real_draws_are_beginnings_of_their_split_in_another_order(split: str, drawn, corpora, params: Params):
    texts = [text.tobytes() for text in drawn[split]]
    assert set(texts) <= beginnings(corpora[split], params.gauge.tokens)
    in_order = [corpora[split].text(index)[:-1][: params.gauge.tokens].tobytes() for index in range(len(texts))]
    assert texts != in_order


def test_shuffled_texts_are_the_train_draw_in_another_order(drawn):
    for text, shuffled in zip(drawn["train"], drawn["shuffled"], strict=True):
        assert sorted(text) == sorted(shuffled)
        assert not np.array_equal(text, shuffled)


def test_unigram_texts_have_the_lengths_of_the_train_draw_and_no_end(drawn, corpora):
    known = set(corpora["train"].tokens.tolist()) - {PAD, END}
    for text, unigram in zip(drawn["train"], drawn["unigram"], strict=True):
        assert len(text) == len(unigram)
        assert set(unigram.tolist()) <= known


def test_smaller_draw_is_the_start_of_a_larger_one(drawn, corpora, data: Prepared, params: Params):
    smaller = judging.draws(corpora, params.gauge.model_copy(update={"samples": 100}), data.spec.vocabulary)
    for name, texts in smaller.items():
        for text, same in zip(texts, drawn[name][:100], strict=True):
            np.testing.assert_array_equal(text, same, err_msg=name)


def test_another_seed_draws_other_texts(drawn, corpora, data: Prepared, params: Params):
    other = judging.draws(corpora, params.gauge.model_copy(update={"seed": 99}), data.spec.vocabulary)
    for name, texts in other.items():
        assert [text.tobytes() for text in texts] != [text.tobytes() for text in drawn[name]], name


def test_only_texts_with_a_class_are_trained_on(corpora):
    inputs, labels = judging.labelled(corpora["train"], 8, 2)
    unlabelled = int((corpora["train"].labels == 2).sum())
    assert unlabelled > 0
    assert len(inputs) == len(labels) == len(corpora["train"]) - unlabelled
    assert set(labels.tolist()) == {0, 1}


def test_padding_after_a_text_does_not_change_its_features(data: Prepared, params: Params, drawn):
    def untrained(length: int) -> TrainedJudge:
        train = params.train.model_copy(update={"length": length})
        return TrainedJudge(data.directory, judges.build("text", data.spec, train))

    shorter, longer = untrained(48), untrained(80)
    for ours, theirs in zip(shorter.network.model.weights, longer.network.model.weights, strict=True):
        theirs.assign(ours)
    texts = [text[:40] for text in drawn["test"]]
    features = shorter.features(padded(texts, 48))
    np.testing.assert_allclose(features, longer.features(padded(texts, 80)), atol=1e-5)
    assert np.abs(features - shorter.features(padded([text[:39] for text in texts], 48))).max() > 1e-3


def test_features_of_a_text_do_not_depend_on_its_batch(judge: TrainedJudge, drawn, params: Params):
    rows = padded(drawn["test"], params.train.length)
    np.testing.assert_array_equal(judge.features(rows[::-1])[::-1], judge.features(rows))


def test_judge_classifies_test_texts_better_than_chance(judge: TrainedJudge, corpora, params: Params):
    summary = files.read_json(judge.directory / "judge.json")
    inputs, labels = judging.labelled(corpora["test"], params.train.length, 2)
    predicted = judge.logits(judge.features(inputs)).argmax(axis=1)
    # Half of the texts have each class.
    assert summary["test_accuracy"] == (predicted == labels).mean() > 0.7
    assert min(summary["class_accuracy"].values()) > 0.5


def test_random_words_are_farther_from_test_texts_than_train_texts(judge: TrainedJudge):
    gauge = files.read_json(judge.directory / "judge.json")["gauge"]
    assert set(gauge) == {"floor", *CEILINGS}
    assert set(judge.ceilings) == set(CEILINGS)
    # Not the shuffled texts: this judge mostly looks at single words.
    assert gauge["floor"]["fd"] < gauge["unigram"]["fd"]
    assert gauge["floor"]["kid"] < gauge["unigram"]["kid"]


def test_judge_keeps_the_features_of_every_draw(judge: TrainedJudge, drawn, params: Params):
    for name, texts in drawn.items():
        expected = judge.features(padded(texts, params.train.length))
        np.testing.assert_array_equal(judge.draw(name, params.gauge.samples), expected, err_msg=name)


def test_a_text_of_each_draw_is_shown(judge: TrainedJudge):
    (exhibit,) = files.read_json(judge.directory / "pictures.json")
    shown = (judge.directory / exhibit["file"]).read_text(encoding="utf-8")
    headings = [line for line in shown.splitlines() if line and not line.startswith(" ")]
    assert headings == ["test", "train", *CEILINGS]


def test_more_texts_than_a_split_has_are_refused_before_any_training(
    data: Prepared, params: Params, code: Path, tmp_path: Path
):
    changed = params.model_copy(update={"gauge": params.gauge.model_copy(update={"samples": 201})})
    with pytest.raises(ValueError, match=r"^gauge\.samples: got 201; the test split of imdb has 200 texts$"):
        judging.train(data, changed, code, tmp_path / "out", tmp_path / "checkpoints")
    assert list(tmp_path.iterdir()) == []
