"""A grammar generates what its productions allow, and keeps results for agreement."""

import numpy as np
import pytest

from atelier.datasets.imdb.twin.grammar import Grammar, Kept, Production

NOUNS = [
    Production("the owl", features={"is": "is", "it": "it"}),
    Production("the owls", features={"is": "are", "it": "they"}),
]


def say(text: str, seed: int = 0, **given: Kept) -> str:
    grammar = Grammar({"top": [Production(text)], "noun": NOUNS, "adjective": [Production("old")]}, tuple(given))
    return grammar.draft(np.random.default_rng(seed), given).say("top")


def test_a_verb_agrees_with_what_was_kept_before_it() -> None:
    said = {
        say("{noun:bird}, whom nobody had seen for years, {bird.is} here; {bird} {bird.is}.", seed) for seed in range(9)
    }
    assert said == {
        "The owl, whom nobody had seen for years, is here; the owl is.",
        "The owls, whom nobody had seen for years, are here; the owls are.",
    }


def test_given_values_are_repeated() -> None:
    assert say("{who} saw {who.him}.", who=Kept("Vera", {"him": "her"})) == "Vera saw her."


def test_articles_follow_the_next_letter_and_sentences_begin_with_a_capital() -> None:
    assert say('a(n) {adjective} owl. so what? a(n) cat! "a(n) end."') == 'An old owl. So what? A cat! "An end."'


def test_weights_are_relative_frequencies() -> None:
    grammar = Grammar({"top": [Production("a", 3), Production("b", 1), Production("c", 0)]})
    rng = np.random.default_rng(0)
    said = [grammar.draft(rng).say("top") for _ in range(2000)]
    assert 0.70 < said.count("A") / 2000 < 0.80
    assert "C" not in said


def test_a_draft_avoids_repetition() -> None:
    grammar = Grammar({"top": [Production(letter) for letter in "abcdefghij"]})
    drafts = [grammar.draft(np.random.default_rng(seed)) for seed in range(200)]
    equal = sum(draft.say("top") == draft.say("top") for draft in drafts)
    assert equal < 3


def test_an_unknown_slot_is_refused_at_once() -> None:
    for text in ("{nuon}", "{bird.is}", "{who:noun}"):
        with pytest.raises(ValueError, match="no such rule"):
            say(text)


def test_equal_generators_give_equal_texts() -> None:
    assert say("{noun} {noun}", seed=4) == say("{noun} {noun}", seed=4)
