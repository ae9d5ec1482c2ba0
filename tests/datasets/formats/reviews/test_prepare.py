"""From the archive to tokens: the arrays of a corpus, and the same bytes each time."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from atelier.core import files
from atelier.core.spec import Spec
from atelier.core.text import END, UNKNOWN, Corpus, Tokenizer, words
from atelier.datasets.formats.corpus import packing
from atelier.datasets.formats.corpus.collection import Collection, Lexicon
from atelier.report import exhibits

Prepared = Callable[..., Spec]
KINDS = ("word", "bpe")


def texts_of(folder: Path, split: str) -> list[str]:
    tokenizer, read = Tokenizer(folder / "tokenizer.json"), Corpus.read(folder, split)
    return [tokenizer.decode(read.text(index)) for index in range(len(read))]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_what_corpus_reads(prepare: Prepared, tmp_path: Path, kind: str) -> None:
    spec = prepare(tokenizer=kind)
    assert spec == Spec.read(tmp_path / "out" / "spec.json")
    assert spec.sizes == {"train": 62, "validation": 8, "test": 20}
    assert spec.classes == ("negative", "positive")
    for split, size in spec.sizes.items():
        read = Corpus.read(tmp_path / "out", split)
        assert len(read) == len(read.labels) == len(read.sizes) == len(read.spelling) == size
        kinds = (read.tokens.dtype, read.starts.dtype, read.labels.dtype, read.sizes.dtype, read.spelling.dtype)
        assert kinds == (np.uint16, np.int64, np.uint8, np.int32, np.float32)
        assert read.tokens.max() < spec.vocabulary <= 300
        assert read.starts[0] == 0
        assert read.starts[-1] == len(read.tokens) == spec.statistics[f"tokens_{split}"]
        assert np.flatnonzero(read.tokens == END).tolist() == (read.starts[1:] - 1).tolist()
    assert np.bincount(Corpus.read(tmp_path / "out", "test").labels).tolist() == [10, 10]
    digests = {path.name: files.sha256(path) for path in (tmp_path / "out").iterdir() if path.name in spec.sha256}
    assert digests == spec.sha256
    assert len(digests) == 16


def test_subwords_spell_the_reviews_and_their_sizes(prepare: Prepared, tmp_path: Path) -> None:
    spec = prepare(tokenizer="bpe")
    read = Corpus.read(tmp_path / "out", "test")
    spelled = texts_of(tmp_path / "out", "test")
    assert all(text.startswith("Review ") and text.endswith("! So it goes.") for text in spelled)
    assert read.sizes.tolist() == [[len(text.encode()), len(words(text))] for text in spelled]
    assert not read.spelling.any()
    assert spec.statistics["oov_rate_test"] == 0


def test_words_are_encoded_as_the_tokenizer_does(prepare: Prepared, members: dict[str, bytes], tmp_path: Path) -> None:
    members["aclImdb/test/pos/0_8.txt"] = "Élan, ΣΊΣΥΦΟΣ: don't! <b>½</b> e\u0301t\u00ad\u00e9 the film".encode()
    prepare(vocabulary=300)
    read, tokenizer = Corpus.read(tmp_path / "out", "test"), Tokenizer(tmp_path / "out" / "tokenizer.json")
    for name, index in (("neg/3_1", 3), ("pos/0_8", 10), ("pos/5_8", 15)):
        text = members[f"aclImdb/test/{name}.txt"].decode().replace("<br />", " ").replace("\u00ad", "")
        assert read.text(index)[:-1].tolist() == tokenizer.encode(text)


def test_a_word_of_test_only_is_unknown_and_costs_its_spelling(
    prepare: Prepared, members: dict[str, bytes], tmp_path: Path
) -> None:
    members["aclImdb/test/pos/0_8.txt"] = b"I liked the zyzzyva film"
    members["aclImdb/test/pos/1_8.txt"] = b"I liked the liked film"
    spec = prepare(vocabulary=1000)
    read = Corpus.read(tmp_path / "out", "test")
    assert (read.text(10) == UNKNOWN).tolist() == [False, False, False, True, False, False]
    # Train has no unknown word: the end and any other letter are all there is, one half each.
    assert spec.statistics["oov_rate_train"] == 0
    price = read.spelling[10] - read.spelling[11]
    assert price == pytest.approx(8 * math.log(2) + 7 * math.log(1_114_112), rel=1e-5)
    assert read.sizes[10].tolist() == [len("I liked the zyzzyva film"), 5]


def test_words_cost_case_and_punctuation_and_subwords_cost_nothing(
    prepare: Prepared, members: dict[str, bytes], tmp_path: Path
) -> None:
    members["aclImdb/test/pos/0_8.txt"] = b"The film, the film."
    members["aclImdb/test/pos/1_8.txt"] = b"the FILM -- (the film)!"
    for tokenizer, paid in (("word", True), ("bpe", False)):
        prepare(tokenizer=tokenizer, vocabulary=300)
        for split in ("train", "validation", "test"):
            assert (Corpus.read(tmp_path / "out", split).spelling > 0).all() == paid
        read = Corpus.read(tmp_path / "out", "test")
        assert read.sizes[10].tolist() == [len("The film, the film."), 4]
        assert (read.spelling[11] > read.spelling[10]) == paid


def test_repeats_of_test_reviews_leave_train_and_are_counted(
    prepare: Prepared, members: dict[str, bytes], tmp_path: Path
) -> None:
    original = members["aclImdb/test/neg/4_1.txt"]
    members["aclImdb/train/pos/3_9.txt"] = original.upper().replace(b"<BR /><BR />", b"\t--\t")
    members["aclImdb/train/unsup/7_0.txt"] = original
    members["aclImdb/train/unsup/8_0.txt"] = members["aclImdb/train/unsup/9_0.txt"]
    spec = prepare(tokenizer="bpe")
    assert spec.sizes == {"train": 60, "validation": 8, "test": 20}
    assert spec.statistics["duplicates_removed"] == 2
    kept = [words(text) for split in ("train", "validation") for text in texts_of(tmp_path / "out", split)]
    assert not [text for text in kept if text in list(map(words, texts_of(tmp_path / "out", "test")))]
    assert spec.statistics["duplicates_in_train"] in (0, 1)  # both may have gone to validation


def test_without_unlabelled_reviews_every_label_is_known(prepare: Prepared, tmp_path: Path) -> None:
    spec = prepare(unsup=False)
    assert spec.sizes == {"train": 32, "validation": 8, "test": 20}
    assert set(Corpus.read(tmp_path / "out", "train").labels.tolist()) == {0, 1}
    prepare(unsup=True)
    assert set(Corpus.read(tmp_path / "out", "train").labels.tolist()) == {0, 1, 2}


def test_markup_and_braces_stay(prepare: Prepared, members: dict[str, bytes], tmp_path: Path) -> None:
    text = "<script>alert('x')</script> {{ braces }} {% for %} [END] [PAD] &amp; on"
    members["aclImdb/train/pos/0_9.txt"] = members["aclImdb/test/pos/0_8.txt"] = text.encode()
    prepare(tokenizer="bpe")
    assert texts_of(tmp_path / "out", "test")[10] == text


@pytest.mark.parametrize("kind", KINDS)
def test_equal_archives_are_equal_bytes(prepare: Prepared, tmp_path: Path, kind: str) -> None:
    for out in ("first", "second"):
        prepare(out, tokenizer=kind)
    contents = [{path.name: path.read_bytes() for path in (tmp_path / out).iterdir()} for out in ("first", "second")]
    assert contents[0] == contents[1]


def test_the_order_in_the_archive_does_not_matter(prepare: Prepared, members: dict[str, bytes], tmp_path: Path) -> None:
    first = prepare("first")
    shuffled = list(members.items())
    np.random.default_rng(0).shuffle(shuffled)
    members.clear()
    members.update(shuffled)
    assert prepare("second") == first


@pytest.mark.parametrize("vocabulary, kind", [(65_536, np.uint16), (65_537, np.uint32)])
def test_large_vocabularies_have_wider_tokens(vocabulary: int, kind: type) -> None:
    one = Collection(
        texts=["a"],
        labels=np.zeros(1, np.uint8),
        lexicon=Lexicon(a=0),
        words=np.zeros(1, np.int32),
        spans=np.array([[0, 1]]),
        digests=[b""],
    )
    packed = packing.pack(one, np.array([0]), packing.by_words(one, np.array([0]), np.array([0]), ["a"]), vocabulary)
    assert packed.tokens.dtype == kind
    assert packed.tokens.tolist() == [3, END]


def test_errors_name_the_key(prepare: Prepared, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"datasets.imdb.prepare.validation: got 70; 70 reviews .* at most 69"):
        prepare(validation=70)
    assert not (tmp_path / "out").exists()


def test_an_archive_without_a_class_is_refused(prepare: Prepared, members: dict[str, bytes]) -> None:
    for name in [name for name in members if "test/neg" in name]:
        del members[name]
    with pytest.raises(ValueError, match="no reviews aclImdb/test/neg"):
        prepare()


def test_the_report_shows_lengths_and_tokens(prepare: Prepared, tmp_path: Path) -> None:
    prepare(source="embedded", tokenizer="bpe")
    lengths, table = exhibits.read(tmp_path / "out", "prepare@imdb")
    assert lengths.kind == "picture"
    assert "twin" in lengths.caption
    assert table.rows[0] == ["", "The review", "Its tokens"]
    assert [row[0] for row in table.rows[1:]] == ["negative", "positive"]
    assert "|" in table.rows[1][2]
    assert json.loads((tmp_path / "out" / "pictures.json").read_text())[0]["file"] == "lengths.png"
    assert "train" in lengths.caption
