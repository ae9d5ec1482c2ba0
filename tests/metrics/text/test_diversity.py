import math
from collections import Counter
from itertools import chain

import numpy as np
import pytest

from atelier.metrics.text.diversity import distinct, ngrams, repetition, self_bleu, truncated


@pytest.fixture
def texts(rng):
    """Draw texts over five words, in which n-grams of all lengths repeat; some shorter than four, one empty."""
    sizes = [*rng.integers(1, 25, size=20), 0, 3, 3]
    return [[f"w{word}" for word in rng.integers(0, 5, size=size)] for size in sizes]


def explicit_bleu(hypothesis, references, n):
    """Compute BLEU by Papineni's equations; every n-gram is compared with every reference."""
    logarithms = []
    for order in range(1, n + 1):
        own = Counter(tuple(hypothesis[i : i + order]) for i in range(len(hypothesis) - order + 1))
        matches = sum(
            min(count, max(sum(tuple(r[i : i + order]) == gram for i in range(len(r))) for r in references))
            for gram, count in own.items()
        )
        if order == 1 and matches == 0:
            return 0.0
        logarithms.append(math.log((matches if matches else 0.1) / max(1, sum(own.values()))))
    closest = min((len(r) for r in references), key=lambda length: (abs(length - len(hypothesis)), length))
    penalty = 1 if len(hypothesis) > closest else math.exp(1 - closest / len(hypothesis))
    return penalty * math.exp(sum(logarithms) / n)


def test_a_short_text_has_no_ngrams():
    assert list(ngrams("ab", 3)) == []
    assert list(ngrams("abc", 3)) == [("a", "b", "c")]


def test_texts_without_repetition_have_distinct_one_and_repetition_zero():
    texts = [list(range(50)), list(range(50, 90))]
    assert [distinct(texts, n) for n in (1, 2, 3)] == [1.0, 1.0, 1.0]
    assert repetition(texts) == 0.0


def test_distinct_counts_ngrams_of_the_set_but_none_across_texts():
    # ab bc | ab | c: bigrams ab, bc, ab; "ca" and "bc" across texts are none.
    assert distinct(["abc", "ab", "c"], 2) == pytest.approx(2 / 3)


def test_one_repeated_word_has_low_distinct_and_high_repetition():
    assert distinct([["so"] * 101], 2) == 0.01
    assert repetition([["so"] * 103], 4) == 0.99


def test_distinct_falls_with_the_amount_of_text(rng):
    texts = [rng.integers(0, 30, size=100).tolist() for _ in range(50)]
    values = [distinct(truncated(texts, words), 2) for words in (100, 1000, 5000)]
    assert values == sorted(values, reverse=True)
    assert values[0] > 2 * values[-1]


def test_repetition_is_averaged_over_texts_with_an_ngram():
    # abab: ab, ba, ab, two of three unique; cd: one of one; e: too short; abc: both unique.
    assert repetition(["abab", "cd", "e", "abc"], 2) == pytest.approx((1 / 3 + 0 + 0) / 3)


def test_truncated_sets_have_the_given_number_of_words(texts):
    total = sum(map(len, texts))
    for words in (1, 17, total):
        kept = truncated(texts, words)
        assert sum(map(len, kept)) == words
        assert list(chain(*kept)) == list(chain(*texts))[:words]
    assert truncated(texts, total)[:20] == texts[:20]


@pytest.mark.parametrize("n", [1, 2, 4, 5])
def test_self_bleu_agrees_with_bleu_of_every_text_against_all_others(texts, n):
    scores = [explicit_bleu(text, texts[:i] + texts[i + 1 :], n) if text else 0 for i, text in enumerate(texts)]
    assert self_bleu(texts, n) == pytest.approx(np.mean(scores), rel=1e-12)


def test_self_bleu_is_one_for_copies_and_zero_without_common_words():
    assert self_bleu(["abcdef", "abcdef"]) == pytest.approx(1.0, rel=1e-12)
    assert self_bleu(["abcdef", "ghijkl"]) == 0.0


def test_self_bleu_excludes_the_text_from_its_references():
    # With itself as a reference, each text would match completely.
    assert self_bleu(["aaaa", "abab"], n=1) == pytest.approx((2 / 4 + 2 / 4) / 2)


def test_brevity_penalty_uses_the_shorter_of_two_equally_close_references():
    # The first text has 4 words, its references 3 and 5: no penalty against the shorter.
    # The second text lacks one word to 4; 4 of the third's 5 words are in the first.
    assert self_bleu(["abcd", "abc", "abcde"], n=1) == pytest.approx((1 + math.exp(1 - 4 / 3) + 4 / 5) / 3, rel=1e-12)


def test_self_bleu_sample_depends_on_the_seed(texts):
    assert self_bleu(texts, sample=8, seed=1) == self_bleu(texts, sample=8, seed=1)
    assert self_bleu(texts, sample=8, seed=1) != self_bleu(texts, sample=8, seed=2)
    assert self_bleu(texts, sample=len(texts), seed=1) == pytest.approx(self_bleu(texts), rel=1e-12)


def test_self_bleu_rises_with_the_similarity_of_texts(rng):
    base = rng.integers(0, 1000, size=60)
    shares = [0.1, 0.5, 0.9]
    scores = []
    for share in shares:
        sets = [np.where(rng.random(60) < share, base, rng.integers(0, 1000, size=60)).tolist() for _ in range(20)]
        scores.append(self_bleu(sets))
    assert scores == sorted(scores)
    assert scores[-1] > 5 * scores[0]


@pytest.mark.parametrize("n", [0, -1])
def test_n_below_one_is_refused(n):
    for call in (lambda: list(ngrams("ab", n)), lambda: distinct(["ab"], n), lambda: repetition(["ab"], n)):
        with pytest.raises(ValueError, match=f"n must be at least 1, got {n}"):
            call()
    with pytest.raises(ValueError, match=f"got n = {n}"):
        self_bleu(["ab", "ab"], n)


@pytest.mark.parametrize("texts", [[], ["", "abc"]])
def test_texts_without_an_ngram_are_refused(texts):
    with pytest.raises(ValueError, match=f"distinct needs a text of at least n = 4 words, got {len(texts)} texts"):
        distinct(texts, 4)
    with pytest.raises(ValueError, match=f"repetition needs a text of at least n = 4 words, got {len(texts)} texts"):
        repetition(texts, 4)


@pytest.mark.parametrize("words", [0, 6])
def test_truncating_to_an_impossible_number_of_words_is_refused(words):
    with pytest.raises(ValueError, match=f"words must be from 1 to the total of 5, got {words}"):
        truncated(["abc", "de"], words)


@pytest.mark.parametrize("texts, sample", [([], None), (["ab"], None), (["ab", "ab"], 1), (["ab", "ab"], 3)])
def test_self_bleu_without_a_second_text_is_refused(texts, sample):
    with pytest.raises(ValueError, match=f"a sample of 2 to {len(texts)} texts"):
        self_bleu(texts, sample=sample)
