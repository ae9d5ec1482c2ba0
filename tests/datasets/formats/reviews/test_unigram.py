"""Pieces by which words are likeliest spelled."""

import math
from collections import Counter

import numpy as np
import pytest

from atelier.datasets.formats.reviews.unigram import pieces

LETTERS = "abcdefgh"


@pytest.fixture(scope="module")
def words() -> Counter[str]:
    """Words of two of four stems and one of three endings, which a good vocabulary finds again."""
    rng = np.random.default_rng(0)
    stems, endings = ("abca", "ddfe", "gaga", "hbec"), ("bb", "ef", "c")
    return Counter(f"{rng.choice(stems)}{rng.choice(stems)}{rng.choice(endings)}" for _ in range(4000))


def test_the_alphabet_and_the_parts_that_words_share_are_chosen(words: Counter[str]) -> None:
    chosen = dict(pieces(words, LETTERS, len(LETTERS) + 7))
    assert set(LETTERS) <= set(chosen)
    assert len(chosen) == 15
    assert len({"abca", "ddfe", "gaga", "hbec"} & set(chosen)) >= 3


def test_scores_are_log_probabilities_in_order(words: Counter[str]) -> None:
    scores = [score for _, score in pieces(words, LETTERS, 30)]
    assert scores == sorted(scores, reverse=True)
    assert math.fsum(map(math.exp, scores)) == pytest.approx(1, abs=1e-3)


def test_the_order_of_the_words_does_not_matter(words: Counter[str]) -> None:
    assert pieces(words, LETTERS, 20) == pieces(dict(reversed(words.items())), LETTERS, 20)


def test_where_words_are_few_so_are_pieces() -> None:
    assert [piece for piece, _ in pieces({"ab": 2}, "ab", 50)] == ["ab", "a", "b"]
    assert [piece for piece, _ in pieces({}, "ba", 50)] == ["a", "b"]
