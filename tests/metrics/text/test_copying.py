import numpy as np
import pytest

from atelier.metrics.text.copying import CorpusIndex, Span


def corpus(texts):
    tokens = np.concatenate([np.empty(0, np.int64), *map(np.asarray, texts)]).astype(np.uint16)
    return tokens, np.cumsum([0, *map(len, texts)])


@pytest.fixture(params=[2, 5, 40, 60_000])
def texts(rng, request):
    """Draw texts over few or many words, with an empty text and the same text three times, twice in a row."""
    drawn = [rng.integers(0, request.param, size=size) for size in rng.integers(1, 40, size=25)]
    return [*drawn, drawn[3], drawn[3], drawn[7][:0], drawn[8][2:]]


@pytest.fixture
def samples(rng, texts):
    """Join pieces of texts, so that spans end within a sample; add an empty sample and unknown tokens."""
    pieces = [text[a : a + 9] for text in texts for a in rng.integers(0, 30, size=2)]
    joined = [np.concatenate([pieces[i], pieces[j]]) for i, j in rng.integers(0, len(pieces), size=(20, 2))]
    return [*joined, np.empty(0, np.int64), np.array([-1, -7]), np.array([int(texts[0][0]), -1, int(texts[0][0])])]


def grams(text, n):
    return [tuple(text[i : i + n].tolist()) for i in range(len(text) - n + 1)]


def all_grams(texts):
    return {gram for text in texts for n in range(1, len(text) + 1) for gram in grams(text, n)}


@pytest.mark.parametrize("n", [1, 2, 3, 4, 8])
def test_share_agrees_with_a_set_of_all_ngrams(texts, samples, n):
    known = {gram for text in texts for gram in grams(text, n)}
    asked = [gram for sample in samples for gram in grams(sample, n)]
    assert CorpusIndex(*corpus(texts)).matches(samples).share(n) == sum(gram in known for gram in asked) / len(asked)


def test_longest_span_agrees_with_exhaustive_search_and_is_at_its_place(texts, samples):
    spans = CorpusIndex(*corpus(texts)).matches(samples).longest()
    known = all_grams(texts)
    for sample, span in zip(samples, spans, strict=True):
        shared = [n for n in range(1, len(sample) + 1) if not known.isdisjoint(grams(sample, n))]
        assert (span.length if span else 0) == max(shared, default=0)
        if span:
            there = texts[span.text][span.offset : span.offset + span.length]
            assert np.array_equal(there, sample[span.start : span.start + span.length])


def test_longest_run_from_every_token_agrees_with_exhaustive_search(texts, samples):
    matches = CorpusIndex(*corpus(texts)).matches(samples)
    assert matches.starts.tolist() == np.cumsum([0, *map(len, samples)]).tolist()
    known, expected = all_grams(texts), []
    for sample in samples:
        for start in range(len(sample)):
            runs = [tuple(sample[start:end].tolist()) for end in range(start + 1, len(sample) + 1)]
            expected.append(max((len(run) for run in runs if run in known), default=0))
    assert matches.lengths.tolist() == expected


def test_a_copied_text_is_found_as_one_span(rng):
    texts = [rng.integers(3, 9, size=300) for _ in range(10)]
    matches = CorpusIndex(*corpus(texts)).matches([texts[6]])
    assert matches.longest() == [Span(300, 0, 6, 0)]
    assert matches.share(300) == 1.0


def test_spans_do_not_cross_texts():
    matches = CorpusIndex([1, 2, 3, 4], starts=[0, 2, 4]).matches([[1, 2, 3, 4]])
    assert matches.lengths.tolist() == [2, 1, 2, 1]
    assert matches.share(2) == pytest.approx(2 / 3)
    assert matches.share(3) == 0.0


def test_spans_do_not_cross_samples():
    assert CorpusIndex([1, 2, 3], starts=[0, 3]).matches([[1], [2, 3]]).lengths.tolist() == [1, 2, 1]


def test_ids_below_zero_match_nothing():
    index = CorpusIndex([0, 1, 0], starts=[0, 1, 3])
    assert index.matches([[-1, 0, -2, 0]]).lengths.tolist() == [0, 1, 0, 1]


def test_ids_that_the_corpus_does_not_contain_match_nothing():
    assert CorpusIndex([3, 5], starts=[0, 2]).matches([[0, 4, 6, 2**40, 3, 5]]).lengths.tolist() == [0, 0, 0, 0, 2, 1]


def test_a_corpus_of_one_repeated_token_is_sorted():
    matches = CorpusIndex(np.zeros(1000, np.uint8), starts=[0, 400, 400, 400, 1000]).matches([np.zeros(700, np.uint8)])
    assert matches.longest() == [Span(600, 0, 3, 0)]
    assert matches.share(600) == 1.0
    assert matches.share(601) == 0.0


def test_ids_above_31_bits_are_distinguished():
    large = 2**31
    matches = CorpusIndex(np.array([large, large + 1, large + 2]), [0, 3]).matches(
        [[large, large + 1, large + 2, large]]
    )
    assert matches.lengths.tolist() == [3, 2, 1, 1]


def test_more_samples_do_not_change_the_matches_of_the_others(texts, samples):
    index = CorpusIndex(*corpus(texts))
    assert index.matches(samples[:5]).longest() == index.matches(samples).longest()[:5]


@pytest.mark.parametrize(
    "tokens, starts, message",
    [
        ([], [0, 0], r"need integer tokens of at least 0, shape \(tokens,\), got float64 \(0,\)"),
        ([1.5], [0, 1], "got float64"),
        ([[1]], [0, 1], r"got int64 \(1, 1\)"),
        ([-1], [0, 1], "of at least 0"),
        ([1, 2], [0, 1], "ascend from 0 to the 2 tokens"),
        ([1, 2], [1, 2], "ascend from 0"),
        ([1, 2], [0, 2, 1, 2], "ascend from 0"),
        ([1, 2], [], "ascend from 0"),
    ],
)
def test_invalid_corpora_are_refused(tokens, starts, message):
    with pytest.raises(ValueError, match=message):
        CorpusIndex(tokens, starts)


@pytest.mark.parametrize("sample", [[0.5], [[1]], 4])
def test_invalid_samples_are_refused(sample):
    with pytest.raises(ValueError, match=r"need integer tokens .* sample 1 is"):
        CorpusIndex([1], [0, 1]).matches([[1], sample])


@pytest.mark.parametrize("n", [0, 3])
def test_ngrams_longer_than_every_sample_are_refused(n):
    matches = CorpusIndex([1, 2], [0, 2]).matches([[1, 2], [1]])
    with pytest.raises(ValueError, match=f"n must be from 1 to the 2 tokens of the longest sample, got {n}"):
        matches.share(n)
    with pytest.raises(ValueError, match="to the 0 tokens of the longest"):
        CorpusIndex([1], [0, 1]).matches([]).share(1)
