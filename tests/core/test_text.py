"""Tokens become the text that they stand for; what stands for no text leaves none."""

from pathlib import Path

import numpy as np
import pytest

from atelier.core.text import END, PAD, TOKENIZER, UNKNOWN, Corpus, Tokenizer
from atelier.datasets.formats.reviews import vocabulary


@pytest.fixture
def of_words(tmp_path: Path) -> Tokenizer:
    (tmp_path / TOKENIZER).write_text(vocabulary.of_words(["the", "film"]), encoding="utf-8")
    return Tokenizer(tmp_path / TOKENIZER)


@pytest.fixture
def of_pieces(tmp_path: Path) -> Tokenizer:
    (tmp_path / TOKENIZER).write_text(vocabulary.of_pieces(["the film"], "bpe", 300), encoding="utf-8")
    return Tokenizer(tmp_path / TOKENIZER)


def test_unknown_tokens_are_shown_in_one_text_and_leave_no_trace_in_many(of_words: Tokenizer) -> None:
    tokens = of_words.encode("The zyzzyva film")
    assert tokens[1] == UNKNOWN
    assert of_words.decode(tokens) == "the [UNK] film"
    assert of_words.decode_all([tokens, [UNKNOWN, END, PAD]]) == ["the film", ""]


def test_a_text_ends_at_its_end(of_words: Tokenizer) -> None:
    (the,) = of_words.encode("the")
    assert of_words.decode([the, END, the]) == "the"


def test_pieces_joined_are_the_text_whatever_bytes_it_needs(of_pieces: Tokenizer) -> None:
    text = "the film: é, 漢 & 🎬"
    tokens = of_pieces.encode(text)
    assert "".join(of_pieces.pieces([*tokens, END, PAD])).strip() == text
    assert of_pieces.decode_all([tokens])[0].strip() == text


def test_what_is_no_tokenizer_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nothing has been prepared there yet"):
        Tokenizer(tmp_path / TOKENIZER)
    (tmp_path / TOKENIZER).write_text("{}", encoding="utf-8")
    with pytest.raises(ValueError, match="is no tokenizer"):
        Tokenizer(tmp_path / TOKENIZER)


def test_a_corpus_without_a_file_is_told(tmp_path: Path) -> None:
    np.save(tmp_path / "train_tokens.npy", np.zeros(1, np.uint16))
    with pytest.raises(FileNotFoundError, match=r"train_starts\.npy is not there; run the prepare stage"):
        Corpus.read(tmp_path, "train")
