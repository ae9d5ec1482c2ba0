"""What words leave out of a text is paid for, the less the more usual it is."""

import math

import pytest

from atelier.datasets.formats.reviews.restoring import Restorer

USUAL = ["The film is good. I liked the film, and so did we."] * 20


def test_costs_are_those_of_a_smoothed_unigram_model() -> None:
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


def test_mixed_case_is_told_letter_by_letter() -> None:
    restorer = Restorer(USUAL)
    assert restorer.cost("McDonaldson") - restorer.cost("McDonald") == pytest.approx(3 * math.log(2))


def test_a_price_does_not_depend_on_what_was_priced_before() -> None:
    fresh, used = Restorer(USUAL), Restorer(USUAL)
    used.cost("What?! -- A film...")
    assert used.cost("So? -- film...") == fresh.cost("So? -- film...")


def test_digits_and_apostrophes_are_small() -> None:
    restorer = Restorer(USUAL)
    assert restorer.cost("The film is 10.") == restorer.cost("The film is don't.") == restorer.cost("The film is good.")
