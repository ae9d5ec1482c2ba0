"""Tokens are converted to text and back, and corpora are read."""

from pathlib import Path

import numpy as np
import pytest

from atelier.core.text import END, PAD, TOKENIZER, UNKNOWN, Corpus, Tokenizer
from atelier.datasets.formats.corpus import vocabulary


@pytest.fixture
def of_words(tmp_path: Path) -> Tokenizer:
    (tmp_path / TOKENIZER).write_text(vocabulary.of_words(["the", "film"]), encoding="utf-8")
    return Tokenizer(tmp_path / TOKENIZER)


@pytest.fixture
def of_pieces(tmp_path: Path) -> Tokenizer:
    (tmp_path / TOKENIZER).write_text(vocabulary.of_pieces(["the film"], 300), encoding="utf-8")
    return Tokenizer(tmp_path / TOKENIZER)


def test_decode_shows_unknown_tokens_and_decode_all_skips_them(of_words: Tokenizer) -> None:
    tokens = of_words.encode("The zyzzyva film")
    assert tokens[1] == UNKNOWN
    assert of_words.decode(tokens) == "the [UNK] film"
    assert of_words.decode_all([tokens, [UNKNOWN, END, PAD]]) == ["the film", ""]


def test_decoding_stops_at_end(of_words: Tokenizer) -> None:
    (the,) = of_words.encode("the")
    assert of_words.decode([the, END, the]) == "the"


def test_joined_pieces_are_the_text_for_any_characters(of_pieces: Tokenizer) -> None:
    text = "the film: é, 漢 & 🎬"
    tokens = of_pieces.encode(text)
    assert "".join(of_pieces.pieces([*tokens, END, PAD])).strip() == text
    assert of_pieces.decode_all([tokens])[0].strip() == text


def test_invalid_tokenizers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=TOKENIZER):
        Tokenizer(tmp_path / TOKENIZER)
    (tmp_path / TOKENIZER).write_text("{}", encoding="utf-8")
    with pytest.raises(ValueError, match="is not a tokenizer"):
        Tokenizer(tmp_path / TOKENIZER)
    other = vocabulary.of_words(["the"]).replace("[END]", "[STOP]")
    (tmp_path / TOKENIZER).write_text(other, encoding="utf-8")
    with pytest.raises(ValueError, match=r"first tokens must be \[PAD\], \[UNK\], \[END\]"):
        Tokenizer(tmp_path / TOKENIZER)


def test_encoding_many_texts_equals_encoding_each(of_pieces: Tokenizer) -> None:
    texts = ["the film", "", "a film: 10/10!"]
    assert of_pieces.encode_all(texts) == [of_pieces.encode(text) for text in texts]


def test_corpus_returns_its_texts(tmp_path: Path) -> None:
    arrays = {
        "tokens": np.array([5, 6, 7, END, END, 8, END], np.uint16),
        "starts": np.array([0, 4, 5, 7]),
        "labels": np.zeros(3, np.uint8),
        "sizes": np.zeros((3, 2), np.int32),
        "spelling": np.zeros(3, np.float32),
    }
    for name, array in arrays.items():
        np.save(tmp_path / f"test_{name}.npy", array)
    corpus = Corpus.read(tmp_path, "test")
    assert len(corpus) == 3
    assert [corpus.text(index).tolist() for index in range(3)] == [[5, 6, 7, END], [END], [8, END]]
    rows = corpus.rows([2, 0, 1], length=2)
    assert rows.dtype == np.int32
    assert rows.tolist() == [[8, PAD], [5, 6], [PAD, PAD]]
    assert corpus.rows([], length=2).shape == (0, 2)


def test_missing_file_of_a_corpus_is_named(tmp_path: Path) -> None:
    np.save(tmp_path / "train_tokens.npy", np.zeros(1, np.uint16))
    with pytest.raises(FileNotFoundError, match=r"train_starts\.npy is not there; run the prepare stage"):
        Corpus.read(tmp_path, "train")
