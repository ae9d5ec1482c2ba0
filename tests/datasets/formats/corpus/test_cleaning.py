"""Reviews become plain text on one line, and keep what their author wrote."""

import unicodedata

import pytest

from atelier.datasets.formats.corpus.cleaning import clean


@pytest.mark.parametrize(
    "tag", ["<br />", "<br/>", "<br>", "<BR />", "< br / >", "</br>", "<br /><br />", "\n<br />\t"]
)
def test_every_kind_of_line_break_is_one_space(tag: str) -> None:
    assert clean(f"Good.{tag}Bad.") == "Good. Bad."


def test_accents_are_composed() -> None:
    assert clean("cafe\u0301") == "caf\u00e9"
    assert unicodedata.is_normalized("NFC", clean("A\u030a\u200b\u0301 x"))


def test_control_characters_separate_words_and_invisible_ones_do_not() -> None:
    assert clean("one\x00two\x1bthree") == "one two three"
    assert clean("co\u00adope\u200brate\ufeff \u202eabc") == "cooperate abc"


def test_all_kinds_of_spaces_are_collapsed() -> None:
    assert clean(" \u00a0a \u2003 b\u2028c\r\n\t d ") == "a b c d"


def test_windows_punctuation_is_read_as_in_browsers() -> None:
    assert clean("it\x92s \x93fine\x94 \x96 so") == "it’s “fine” – so"


def test_other_markup_and_braces_stay() -> None:
    text = "<script>alert('x')</script> {{ braces }} {% raw %} &lt;b&gt; [END] <brave> 100 % \\n"
    assert clean(text) == text


def test_cleaning_twice_is_cleaning_once() -> None:
    once = clean("e\u200b\u0301 <b\u00adr /> x\x85y")
    assert clean(clean(once)) == clean(once)
