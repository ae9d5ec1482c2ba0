"""Tokenizers encode any text, and are the same bytes each time."""

import hashlib
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from atelier.core.text import SPECIAL, UNKNOWN, Tokenizer, words
from atelier.datasets.formats.corpus import vocabulary
from atelier.datasets.formats.corpus.cleaning import clean
from atelier.datasets.imdb.twin.review import write

ODD = (
    "Plain words, “quotes” – and 10/10!",
    "don't, rock'n'roll; über-naïve ½ ²",
    "<script>alert('x')</script> {{ braces }} {% raw %}",
    "[END] of [PAD] and [UNK]",
    "日本語 и русский 🎬🇫🇮 ▁ Ġ end",
)


@pytest.fixture(scope="module")
def reviews() -> list[str]:
    return [clean(write(np.random.default_rng(seed), 1 + seed % 10)) for seed in range(60)]


@pytest.fixture(scope="module")
def pieces(reviews: list[str], tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    path = tmp_path_factory.mktemp("bpe") / "tokenizer.json"
    path.write_text(vocabulary.of_pieces(reviews, 500), encoding="utf-8")
    return Tokenizer(path)


@pytest.fixture
def known(tmp_path: Path) -> Tokenizer:
    (tmp_path / "tokenizer.json").write_text(vocabulary.of_words(["the", "don't", "film", "[", "²"]), encoding="utf-8")
    return Tokenizer(tmp_path / "tokenizer.json")


def test_first_tokens_are_the_special_ones(pieces: Tokenizer, known: Tokenizer) -> None:
    for tokenizer in (pieces, known):
        assert [tokenizer.encode(text) for text in SPECIAL] != [[0], [1], [2]]
        assert tokenizer.decode([UNKNOWN]) == "[UNK]"
    assert len(known) == 8


def test_pieces_fill_the_vocabulary(pieces: Tokenizer) -> None:
    assert len(pieces) == 500


@pytest.mark.parametrize("text", ODD)
def test_pieces_spell_any_text(pieces: Tokenizer, text: str) -> None:
    tokens = pieces.encode(text)
    assert min(tokens) > 2
    assert pieces.decode(tokens) == text
    assert pieces.encode_all([text, ""]) == [tokens, []]


def test_pieces_spell_the_reviews_in_few_tokens(pieces: Tokenizer, reviews: list[str]) -> None:
    encoded = pieces.encode_all(reviews)
    assert [pieces.decode(tokens) for tokens in encoded] == reviews
    assert sum(map(len, reviews)) > 2 * sum(map(len, encoded))


@pytest.mark.parametrize("text", ODD)
def test_words_equal_those_of_the_word_statistics(known: Tokenizer, text: str) -> None:
    assert len(known.encode(text)) == len(words(text))


def test_words_are_decoded_with_spaces(known: Tokenizer) -> None:
    assert known.decode(known.encode("The FILM: don't!")) == "the film don't"
    assert known.encode("The film of films") == [3, 5, UNKNOWN, UNKNOWN]


def test_every_character_separates_words_as_in_the_word_statistics(known: Tokenizer) -> None:
    letters = [chr(code) for code in [*range(0x20, 0x2FF), *range(0x300, 0x2200, 3), *range(0x4E00, 0x4E40)]]
    # Without letters that only one of the two versions of Unicode contains.
    cases = [clean(f"a{letter}b") for letter in letters if unicodedata.category(letter) != "Cn"]
    assert [text for text in cases if len(known.encode(text)) != len(words(text))] == []


def test_the_most_frequent_words_are_chosen_and_ties_are_sorted() -> None:
    names = ["d", "c", "b", "a", "unseen"]
    chosen = vocabulary.most_frequent(names, np.array([1, 5, 1, 1, 0]), 3)
    assert [names[number] for number in chosen] == ["c", "a", "b"]
    assert len(vocabulary.most_frequent(names, np.array([1, 5, 1, 1, 0]), 9)) == 4


def test_a_vocabulary_smaller_than_the_alphabet_is_refused(reviews: list[str]) -> None:
    with pytest.raises(ValueError, match="259"):
        vocabulary.of_pieces(reviews, 200)


_DIGEST = """
import hashlib, sys, pathlib
from atelier.datasets.formats.corpus import vocabulary
texts = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8").split("\\n")
print(hashlib.sha256(vocabulary.of_pieces(texts, 500).encode()).hexdigest())
"""


def test_pieces_are_the_same_bytes_in_any_process_with_any_number_of_threads(
    reviews: list[str], tmp_path: Path
) -> None:
    (tmp_path / "texts").write_text("\n".join(reviews), encoding="utf-8")
    here = hashlib.sha256(vocabulary.of_pieces(reviews, 500).encode()).hexdigest()
    for threads in ("1", "3"):
        command = [sys.executable, "-c", _DIGEST, str(tmp_path / "texts")]
        environment = {**os.environ, "RAYON_NUM_THREADS": threads}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == here
