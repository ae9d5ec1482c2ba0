"""Judging texts: the draws that floor and ceilings are measured on, what features depend on, a judge end to end."""

from pathlib import Path

import numpy as np
import pytest

from atelier.core import files
from atelier.core.prepared import Prepared
from atelier.core.text import END, PAD, Corpus, filled
from atelier.datasets import imdb
from atelier.datasets.embedded import imdb as twin
from atelier.datasets.formats.reviews.params import Embedded, Prepare
from atelier.modalities import judging as judge_features
from atelier.modalities.text import judge as judging
from atelier.modalities.text.params import Judge
from atelier.networks import network as networks
from atelier.params import file

CEILINGS = ("shuffled", "unigram")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """A twin by whole words, from which few reviews teach more than from pieces of them."""
    place = tmp_path_factory.mktemp("words")
    (place / "raw").mkdir()
    twin.write(place / "raw", Embedded(train=400, test=200, unsup=60, seed=26))
    words = Prepare(tokenizer="word", vocabulary=1500, unsup=True, validation=60, seed=27)
    imdb.prepare(place / "raw", place / "prepared", words, "embedded")
    return Prepared.read(place / "prepared")


@pytest.fixture(scope="module")
def corpora(data: Prepared) -> dict[str, Corpus]:
    return {split: Corpus.read(data.directory, split) for split in ("train", "validation", "test")}


@pytest.fixture(scope="module")
def params(params_file: Path) -> Judge:
    small = file.read(params_file).judge("imdb")
    # More than the shared parameters train, so that the judge knows one thing from another.
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
    return Judge(
        modality="text", train=small.train.model_copy(update=train), gauge=small.gauge.model_copy(update=gauge)
    )


@pytest.fixture(scope="module")
def drawn(corpora, data: Prepared, params: Judge) -> dict[str, list[np.ndarray]]:
    return judging.draws(corpora, params.gauge, data.spec.vocabulary)


@pytest.fixture(scope="module")
def judge(data: Prepared, params: Judge, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("judge")
    judging.judge(data, params, place / "out", place / "checkpoints")
    return place / "out"


def beginnings(corpus: Corpus, tokens: int) -> set[bytes]:
    return {corpus.text(index)[:-1][:tokens].tobytes() for index in range(len(corpus))}


def test_every_draw_has_as_many_texts_as_asked_for_none_longer_than_asked_for(drawn, params: Judge):
    assert set(drawn) == {judge_features.REAL, judge_features.FLOOR, *CEILINGS}
    for texts in drawn.values():
        assert len(texts) == params.gauge.samples
        assert max(map(len, texts)) == params.gauge.tokens


@pytest.mark.parametrize("split", ["test", "train"])
def test_real_draws_are_beginnings_of_their_split_in_another_order(split: str, drawn, corpora, params: Judge):
    texts = [text.tobytes() for text in drawn[split]]
    assert set(texts) <= beginnings(corpora[split], params.gauge.tokens)
    in_order = [corpora[split].text(index)[:-1][: params.gauge.tokens].tobytes() for index in range(len(texts))]
    assert texts != in_order


def test_shuffled_texts_are_the_train_draw_in_another_order(drawn):
    for text, shuffled in zip(drawn["train"], drawn["shuffled"], strict=True):
        assert sorted(text) == sorted(shuffled)
        assert not np.array_equal(text, shuffled)


def test_unigram_texts_are_as_long_as_the_train_draw_and_hold_no_end(drawn, corpora):
    known = set(corpora["train"].tokens.tolist()) - {PAD, END}
    for text, unigram in zip(drawn["train"], drawn["unigram"], strict=True):
        assert len(text) == len(unigram)
        assert set(unigram.tolist()) <= known


def test_smaller_draw_is_the_start_of_a_larger_one(drawn, corpora, data: Prepared, params: Judge):
    smaller = judging.draws(corpora, params.gauge.model_copy(update={"samples": 100}), data.spec.vocabulary)
    for name, texts in smaller.items():
        for text, same in zip(texts, drawn[name][:100], strict=True):
            np.testing.assert_array_equal(text, same, err_msg=name)


def test_another_seed_draws_other_texts(drawn, corpora, data: Prepared, params: Judge):
    other = judging.draws(corpora, params.gauge.model_copy(update={"seed": 99}), data.spec.vocabulary)
    for name, texts in other.items():
        assert [text.tobytes() for text in texts] != [text.tobytes() for text in drawn[name]], name


def test_only_texts_whose_class_is_known_are_trained_on(corpora):
    inputs, labels = judging.labelled(corpora["train"], 8)
    unlabelled = int((corpora["train"].labels == 2).sum())
    assert unlabelled > 0
    assert len(inputs) == len(labels) == len(corpora["train"]) - unlabelled
    assert set(labels.tolist()) == {0, 1}


def test_filling_behind_a_text_does_not_move_its_features(data: Prepared, params: Judge, drawn):
    def untrained(length: int) -> networks.Network:
        train = params.train.model_copy(update={"length": length})
        return networks.build(judging.FAMILY, train, data.spec, seed=1, precision="float32")

    shorter, longer = untrained(48), untrained(80)
    for ours, theirs in zip(shorter.model.weights, longer.model.weights, strict=True):
        theirs.assign(ours)
    texts = [text[:40] for text in drawn["test"]]
    few = judge_features.features(shorter, filled(texts, 48))
    np.testing.assert_allclose(few, judge_features.features(longer, filled(texts, 80)), atol=1e-5)
    assert np.abs(few - judge_features.features(shorter, filled([text[:39] for text in texts], 48))).max() > 1e-3


def test_features_of_a_text_do_not_depend_on_the_texts_beside_it(judge: Path, drawn, params: Judge):
    network, rows = networks.load(judge), filled(drawn["test"], params.train.length)
    together = judge_features.features(network, rows)
    np.testing.assert_array_equal(judge_features.features(network, rows[::-1])[::-1], together)


def test_judge_is_right_more_often_than_chance(judge: Path, corpora, params: Judge):
    summary = files.read_json(judge / "judge.json")
    network = networks.load(judge)
    inputs, labels = judging.labelled(corpora["test"], params.train.length)
    verdicts = judge_features.verdicts(network, judge_features.features(network, inputs)).argmax(axis=1)
    # Half of the texts are of each class.
    assert summary["test_accuracy"] == (verdicts == labels).mean() > 0.7
    assert min(summary["class_accuracy"].values()) > 0.5


def test_judge_tells_fresh_texts_from_words_at_random(judge: Path):
    gauge = files.read_json(judge / "judge.json")["gauge"]
    assert set(gauge) == {"floor", *CEILINGS}
    assert set(judge_features.ceilings(judge)) == set(CEILINGS)
    # Of texts in another order it knows little: what they say of a film, single words say as well.
    assert gauge["floor"]["fd"] < gauge["unigram"]["fd"]
    assert gauge["floor"]["kid"] < gauge["unigram"]["kid"]


def test_kept_features_are_those_of_the_draws(judge: Path, drawn, params: Judge):
    network = networks.load(judge)
    for name, texts in drawn.items():
        kept = judge_features.read_draw(judge, name, params.gauge.samples)
        seen = judge_features.features(network, filled(texts, params.train.length))
        np.testing.assert_array_equal(kept, seen, err_msg=name)


def test_a_text_of_each_draw_is_shown(judge: Path):
    (exhibit,) = files.read_json(judge / "pictures.json")
    shown = (judge / exhibit["file"]).read_text(encoding="utf-8")
    headings = [line for line in shown.splitlines() if line and not line.startswith(" ")]
    assert headings == ["test", "train", *CEILINGS]


@pytest.mark.parametrize(("samples", "split", "there"), [(201, "test", 200), (230, "test", 200)])
def test_more_texts_than_a_split_has_are_refused_before_any_training(
    samples: int, split: str, there: int, data: Prepared, params: Judge, tmp_path: Path
):
    changed = params.model_copy(update={"gauge": params.gauge.model_copy(update={"samples": samples})})
    said = rf"^gauge\.samples: got {samples}; the {split} split of imdb has {there} texts$"
    with pytest.raises(ValueError, match=said):
        judging.judge(data, changed, tmp_path / "out", tmp_path / "checkpoints")
    assert list(tmp_path.iterdir()) == []
