from collections import Counter, defaultdict

import numpy as np
import pytest

from atelier.core.text import END
from atelier.metrics.text.kneser_ney import FALLBACK, KneserNey, discounts

VOCABULARY = 12


def corpus(texts):
    """Append END to texts and join them, as `fit` expects."""
    ended = [[*map(int, text), END] for text in texts]
    return np.concatenate(ended).astype(np.uint16), np.cumsum([0, *map(len, ended)])


class Reference:
    """The equations with dictionaries, for one token at a time."""

    def __init__(self, texts, order):
        self.order, self.counts = order, [Counter() for _ in range(order + 1)]
        company = [defaultdict(set) for _ in range(order + 1)]
        for text in texts:
            ended = ["<s>", *map(int, text), END]
            for n in range(1, order + 1):
                for i in range(max(0, 2 - n), len(ended) - n + 1):
                    gram = tuple(ended[i : i + n])
                    if n == order or gram[0] == "<s>":
                        self.counts[n][gram] += 1
                    else:
                        company[n][gram].add(ended[i - 1])
        for counts, before in zip(self.counts, company, strict=True):
            counts.update({gram: len(tokens) for gram, tokens in before.items()})
        self.discounts = [(0, *discounts(np.array(list(counts.values()), int))) for counts in self.counts]

    def probability(self, context, token):
        context = tuple(context)[len(context) - self.order + 1 :] if len(context) >= self.order else tuple(context)
        return self._interpolated(context, token)

    def _interpolated(self, context, token):
        shorter = self._interpolated(context[1:], token) if context else 1 / VOCABULARY
        n = len(context) + 1
        after = [self.counts[n][(*context, other)] for other in range(VOCABULARY)]
        if not sum(after):
            return shorter
        taken = [self.discounts[n][min(count, 3)] for count in after]
        return (after[token] - taken[token]) / sum(after) + sum(taken) / sum(after) * shorter


@pytest.fixture
def texts(rng):
    """Draw Zipf-distributed texts with repetition, some short or empty; PAD and the last token never occur."""
    shares = 1 / np.arange(1, VOCABULARY - 3)
    drawn = []
    for size in [0, 1, 2, 2, *rng.integers(3, 15, size=60)]:
        text = rng.choice(np.arange(3, VOCABULARY - 1), p=shares / shares.sum(), size=size)
        text[2::3] = text[: len(text[2::3])]
        drawn.append(text)
    return drawn


def probabilities(model, context):
    """Compute the probability of each token of the vocabulary after END and the given tokens."""
    given = []
    for token in range(VOCABULARY):
        text = [*context, END] if token == END else [*context, token, END]
        given.append(model.log_probabilities(np.array(text), np.array([0, len(text)]))[len(context)])
    return np.exp(given)


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_probabilities_agree_with_the_equations(texts, rng, order):
    model, reference = KneserNey.fit(*corpus(texts), order, VOCABULARY), Reference(texts, order)
    others = [rng.integers(3, VOCABULARY, size=size) for size in (0, 1, 4, 30, 200)]
    for asked in (texts[:15], others):
        expected = []
        for text in asked:
            history = ["<s>"]
            for token in [*map(int, text), END]:
                expected.append(reference.probability(history, token))
                history.append(token)
        assert np.exp(model.log_probabilities(*corpus(asked))) == pytest.approx(expected, rel=1e-12)


def test_the_texts_of_these_tests_use_estimated_and_fallback_discounts(texts):
    used = [tuple(found[1:]) for found in Reference(texts, 5).discounts[1:]]
    assert FALLBACK in used
    assert set(used) != {FALLBACK}


@pytest.mark.parametrize("order", [1, 2, 5])
def test_probabilities_sum_to_one_after_every_context(texts, rng, order):
    model = KneserNey.fit(*corpus(texts), order, VOCABULARY)
    longest = max(texts, key=len)
    seen = [longest[:size] for size in (0, 1, 2, 3, 4, 5, 8)]
    unseen = [[VOCABULARY - 1], [0, 0, 0, 0, 0], [*longest[:4], VOCABULARY - 1], rng.integers(3, 12, size=9)]
    half = [[VOCABULARY - 1, *longest[1:4]], [3, 3, 3, 3, 3, 3]]
    for context in [*seen, *unseen, *half]:
        found = probabilities(model, context)
        assert found.sum() == pytest.approx(1, rel=1e-12)
        assert (found > 0).all()


def test_two_texts_computed_by_hand():
    # "3 4" and "3 5" with bigrams; too few counts to estimate discounts: 0.5 for one and 1 for two occurrences.
    model = KneserNey.fit(*corpus([[3, 4], [3, 5]]), order=2, vocabulary=6)
    # Continuation counts of 3, 4, 5 and END: 1, 1, 1 and 2, so Σa = 5 and ΣD = 2.5; they back off to 1/6 each.
    uniform = 2.5 / 5 / 6
    single = {3: 0.5 / 5 + uniform, 4: 0.5 / 5 + uniform, END: (2 - 1) / 5 + uniform}
    begins, after_three = (2 - 1) / 2 + 1 / 2 * single[3], (1 - 0.5) / 2 + 1 / 2 * single[4]
    ends = (1 - 0.5) / 1 + 0.5 * single[END]
    found = model.log_probabilities(*corpus([[3, 4]]))
    assert np.exp(found) == pytest.approx([begins, after_three, ends], rel=1e-12)


def test_after_an_unknown_context_continuation_counts_matter_and_not_frequencies():
    # "4" is frequent but follows only "3"; "5" follows many tokens.
    texts = [[3, 4]] * 30 + [[token, 5] for token in range(6, 11)] * 2
    model = KneserNey.fit(*corpus(texts), 2, VOCABULARY)
    found = probabilities(model, [VOCABULARY - 1])
    assert found[5] > 2 * found[4]


def test_texts_are_independent_of_their_neighbours_and_order(texts):
    model = KneserNey.fit(*corpus(texts), 5, VOCABULARY)
    together = model.log_probabilities(*corpus(texts[:20]))
    apart = np.concatenate([model.log_probabilities(*corpus([text])) for text in texts[:20]])
    assert np.array_equal(together, apart)
    shuffled = KneserNey.fit(*corpus(texts[::-1]), 5, VOCABULARY).log_probabilities(*corpus(texts[:20]))
    assert shuffled == pytest.approx(together, rel=1e-12)


def test_longer_contexts_help_if_tokens_depend_on_them(rng):
    steps = rng.integers(3, 11, size=(8, 8))
    texts = []
    for _ in range(300):
        text = [3, 4]
        while len(text) < 20:
            text.append(int(steps[text[-1] - 3, text[-2] - 3]) if rng.random() < 0.8 else int(rng.integers(3, 11)))
        texts.append(text)
    train, held_out = corpus(texts[:250]), corpus(texts[250:])
    means = [KneserNey.fit(*train, order, VOCABULARY).log_probabilities(*held_out).mean() for order in (1, 2, 3)]
    assert means == sorted(means)
    assert means[2] > means[0] + 0.5


def test_order_may_exceed_the_longest_text():
    model = KneserNey.fit(*corpus([[3], [4]]), 6, VOCABULARY)
    assert np.isfinite(model.log_probabilities(*corpus([[3, 4, 5, 6, 7, 8, 9]]))).all()


def test_discounts_follow_from_the_counts_of_counts():
    counts = np.repeat([1, 2, 3, 4, 9], [50, 20, 12, 7, 3])
    y = 50 / 90
    assert discounts(counts) == pytest.approx((1 - 2 * y * 20 / 50, 2 - 3 * y * 12 / 20, 3 - 4 * y * 7 / 12))


@pytest.mark.parametrize("numbers", [[9, 4, 2, 0], [0, 4, 2, 1], [9, 0, 2, 1], [9, 4, 0, 1], [1, 1, 50, 1]])
def test_degenerate_counts_of_counts_give_the_fallback(numbers):
    assert discounts(np.repeat([1, 2, 3, 4], numbers)) == FALLBACK


@pytest.mark.parametrize(
    "tokens, starts, message",
    [
        ([], [0], r"need integer tokens of shape \(tokens,\), got float64 \(0,\)"),
        ([3.5], [0, 1], "got float64"),
        ([3, VOCABULARY, END], [0, 3], "need tokens from 0 to 11, got 2 to 12"),
        ([-1, END], [0, 2], "got -1 to 2"),
        ([3, END, 4, END], [0, 4], r"index after each END \(2\): 3 in all, got \[0 4\]"),
        ([3, END, 4, END], [0, 1, 4], r"got \[0 1 4\]"),
        ([3, END, 4], [0, 2], r"the last text must end with END \(2\), got 4"),
        ([3, END], [], "starts must be 0 and"),
    ],
)
def test_invalid_corpora_are_refused(tokens, starts, message):
    with pytest.raises(ValueError, match=message):
        KneserNey.fit(np.array(tokens), np.array(starts), 3, VOCABULARY)
    model = KneserNey.fit(*corpus([[3]]), 2, VOCABULARY)
    with pytest.raises(ValueError, match=message):
        model.log_probabilities(np.array(tokens), np.array(starts))


def test_order_zero_is_refused():
    with pytest.raises(ValueError, match="order must be at least 1, got 0"):
        KneserNey.fit(*corpus([[3]]), 0, VOCABULARY)
