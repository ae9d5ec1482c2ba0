"""The cost of what tokens of words leave out: unknown words, case and punctuation."""

import math

import pytest

from atelier.datasets.formats.corpus.spelling import Restorer, Speller

USUAL = ["The film is good. I liked the film, and so did we."] * 20


def test_the_cost_of_a_word_is_that_of_add_one_smoothing() -> None:
    # Letters: a twice, b once; two ends; smoothing adds one for a, b, the end and the other symbol: 5 + 4 = 9.
    speller = Speller(["ab", "a"])
    assert speller.cost("ab") == pytest.approx(-math.log(3 / 9 * 2 / 9 * 3 / 9))
    assert speller.cost("") == pytest.approx(-math.log(3 / 9))


def test_an_unknown_letter_also_costs_its_code_point() -> None:
    assert Speller(["ab", "a"]).cost("ж") == pytest.approx(-math.log(1 / 9 / 1_114_112 * 3 / 9))


def test_a_model_of_no_words_has_costs() -> None:
    assert Speller([]).cost("a") == pytest.approx(math.log(2) * 2 + math.log(1_114_112))


def test_costs_are_probabilities_that_sum_to_one() -> None:
    speller = Speller(["ab", "a"])
    symbols = [speller.cost(letter) - speller.cost("") for letter in "ab"]
    other = speller.cost("z") - speller.cost("") - math.log(1_114_112)
    assert math.fsum(math.exp(-cost) for cost in [*symbols, other, speller.cost("")]) == pytest.approx(1)


def test_the_cost_of_a_text_is_that_of_a_smoothed_unigram_model() -> None:
    # Pairs: ("", first), (" ", small), (".", end); three counts, three kinds and one for all others.
    restorer = Restorer(["Good film."])
    assert restorer.cost("Good film.") == pytest.approx(-3 * math.log(2 / 7))


def test_the_unusual_costs_more_than_the_usual() -> None:
    restorer = Restorer(USUAL)
    usual = restorer.cost("The film is good.")
    assert usual < restorer.cost("The film; is good.") < restorer.cost("The film <br> is good.")
    assert usual < restorer.cost("THE film is good.")
    assert usual < restorer.cost("The fIlM is good.")


def test_words_themselves_cost_nothing() -> None:
    restorer = Restorer(USUAL)
    assert restorer.cost("The zyzzyva is good.") == restorer.cost("The film is good.")


def test_mixed_case_is_encoded_letter_by_letter() -> None:
    restorer = Restorer(USUAL)
    assert restorer.cost("McDonaldson") - restorer.cost("McDonald") == pytest.approx(3 * math.log(2))


def test_a_cost_does_not_depend_on_earlier_calls() -> None:
    fresh, used = Restorer(USUAL), Restorer(USUAL)
    used.cost("What?! -- A film...")
    assert used.cost("So? -- film...") == fresh.cost("So? -- film...")


def test_digits_and_apostrophes_are_small() -> None:
    restorer = Restorer(USUAL)
    assert restorer.cost("The film is 10.") == restorer.cost("The film is don't.") == restorer.cost("The film is good.")
