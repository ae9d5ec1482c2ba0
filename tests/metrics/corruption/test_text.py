import numpy as np
import pytest

from atelier.metrics.corruption.text import shuffled, unigram


@pytest.fixture
def texts(rng):
    return [rng.integers(3, 50, size=size).astype(np.uint16) for size in (0, 1, 40, 200)]


@pytest.fixture
def frequencies(rng):
    return np.append([0, 2, 0], rng.integers(1, 9, size=47))


def test_shuffled_texts_contain_the_same_tokens_in_another_order(texts):
    for text, other in zip(texts, shuffled(texts, seed=1), strict=True):
        assert other.dtype == text.dtype
        assert sorted(other) == sorted(text)
    assert not np.array_equal(other, text)


def test_unigram_texts_keep_their_lengths(texts, frequencies):
    assert [len(text) for text in unigram(texts, frequencies, seed=1)] == [0, 1, 40, 200]


def test_unigram_tokens_have_the_given_frequencies(frequencies):
    (text,) = unigram([np.zeros(200_000, np.uint16)], frequencies, seed=3)
    shares = np.bincount(text, minlength=len(frequencies)) / len(text)
    expected = frequencies / frequencies.sum()
    assert (np.abs(shares - expected) <= 5 * np.sqrt(expected / len(text))).all()
    assert shares[0] == shares[2] == 0


def test_counts_and_shares_give_the_same_texts(texts, frequencies):
    counts, shares = (unigram(texts, scale * frequencies, seed=1)[3] for scale in (1, 1 / 1024))
    assert np.array_equal(counts, shares)


@pytest.mark.parametrize("corruption", [shuffled, lambda texts, seed: unigram(texts, np.ones(50), seed)])
def test_corruption_depends_on_seed_and_index_only(texts, corruption):
    alone, among = corruption(texts[2:3], seed=5)[0], corruption([texts[2], texts[3]], seed=5)[0]
    assert np.array_equal(alone, among)
    assert not np.array_equal(alone, corruption(texts[2:3], seed=6)[0])
    first, second = corruption([texts[3], texts[3]], seed=5)
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("frequencies", [[0, 0], [], [1, -1], [1, np.nan], [[1, 2]]])
def test_invalid_frequencies_are_refused(texts, frequencies):
    with pytest.raises(ValueError, match="need finite frequencies of shape"):
        unigram(texts, frequencies, seed=0)


@pytest.mark.parametrize("text", [[1.5], [[1, 2]], 3])
def test_invalid_texts_are_refused(text):
    with pytest.raises(ValueError, match="need integer tokens"):
        shuffled([text], seed=0)
    with pytest.raises(ValueError, match="need integer tokens"):
        unigram([text], [1, 1], seed=0)
