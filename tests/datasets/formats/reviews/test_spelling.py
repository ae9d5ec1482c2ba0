"""The price of an unknown word, by hand."""

import math

import pytest

from atelier.datasets.formats.reviews.spelling import Speller


def test_the_price_is_that_of_add_one_smoothing_by_hand() -> None:
    # Letters: a twice, b once; two ends; smoothing adds one for a, b, the end and the other symbol: 5 + 4 = 9.
    speller = Speller(["ab", "a"])
    assert speller.cost("ab") == pytest.approx(-math.log(3 / 9 * 2 / 9 * 3 / 9))
    assert speller.cost("") == pytest.approx(-math.log(3 / 9))


def test_a_letter_that_train_lacks_costs_its_code_point_too() -> None:
    assert Speller(["ab", "a"]).cost("ж") == pytest.approx(-math.log(1 / 9 / 1_114_112 * 3 / 9))


def test_without_any_word_there_is_still_a_price() -> None:
    assert Speller([]).cost("a") == pytest.approx(math.log(2) * 2 + math.log(1_114_112))


def test_prices_are_probabilities_that_add_up_to_one() -> None:
    speller = Speller(["ab", "a"])
    symbols = [speller.cost(letter) - speller.cost("") for letter in "ab"]
    other = speller.cost("z") - speller.cost("") - math.log(1_114_112)
    assert math.fsum(math.exp(-cost) for cost in [*symbols, other, speller.cost("")]) == pytest.approx(1)
