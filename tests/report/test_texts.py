"""Texts with the surprisal of their tokens."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from atelier.report import page, writing


def table(*cells: Any, **changes: Any) -> dict[str, Any]:
    return {"columns": ["a"] * len(cells), "rows": [{"name": "", "cells": list(cells)}], **changes}


def stretches(tmp_path: Path, pieces: Any) -> list[writing.Stretch]:
    path = tmp_path / "texts.json"
    path.write_text(json.dumps(table(pieces)), encoding="utf-8")
    return writing.read(path).rows[0].texts[0]


class Said(HTMLParser):
    """The text of each `.said`, space by space."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if ("class", "said") in attrs:
            self.inside = True
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "div"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.texts[-1] += data


def section(house: Any, name: str) -> str:
    return page.render(house.sources()).split(f'id="{name}"')[1].split("</section>")[0]


def words(html: str) -> str:
    return re.sub(r"[ \n]+", " ", re.sub(r"<[^>]*>", " ", html))


def test_neighbours_of_one_tint_are_joined(tmp_path: Path) -> None:
    found = stretches(tmp_path, [["A", None], [" film", 0.2], [" of", 0.9], [" mine", 3.1], [".", 2.0], [" Not", 12]])
    assert [(one.before, one.text, one.kind, one.step, one.nats) for one in found] == [
        ("", "A", "given", 0, ""),
        (" ", "film of", "measured", 0, "0.2, 0.9"),
        (" ", "mine.", "measured", 2, "3.1, 2.0"),
        (" ", "Not", "measured", 5, "12.0"),
    ]


def test_what_was_not_measured_is_given_only_before_what_was(tmp_path: Path) -> None:
    assert [one.kind for one in stretches(tmp_path, [["a", None], ["b", 1], ["c", None]])] == [
        "given",
        "measured",
        "plain",
    ]
    assert [one.kind for one in stretches(tmp_path, [["a", None], ["b", None]])] == ["plain"]


def test_certain_token_may_be_rounded_below_zero(tmp_path: Path) -> None:
    assert stretches(tmp_path, [["a", -1e-7]])[0].nats == "0.0"


def test_page_holds_every_text_to_the_letter(house: Any) -> None:
    pieces = [
        ["\n \n", None],
        ["  two", 0.1],
        [" ", 0.2],
        ["\t<b>", 5.0],
        ["&lt;", 5.5],
        ["", 7.0],
        [" é{%\n", 9.0],
        ["  ", None],
    ]
    house.write("data/samples/imdb-lm/texts.json", table(pieces, [], [["{{ 7*7 }}", None]]))
    texts = Said(section(house, "run-imdb-lm")).texts
    assert texts[:3] == ["".join(text for text, _ in pieces), "", "{{ 7*7 }}"]


def test_a_token_costs_few_bytes(house: Any) -> None:
    bare = len(section(house, "run-imdb-lm"))
    cell = [[" word", 0.3 + 1.3 * (n % 3)] for n in range(500)]
    house.write("data/samples/imdb-lm/texts.json", table(*[cell] * 5))
    assert len(section(house, "run-imdb-lm")) - bare < 5 * 500 * 50


def test_legend_stands_once_under_a_table_and_only_where_something_was_measured(house: Any) -> None:
    name = "data/samples/imdb-lm/texts.json"
    house.write("data/models/imdb-lm/previews/pictures.json", [])
    assert words(section(house, "run-imdb-lm")).count("surprisal: 0 1 2 4 6 ≥ 8 nats bold : given") == 1
    house.write(name, table([["unmeasured", None]]))
    assert "surprisal:" not in section(house, "run-imdb-lm")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", r"texts\.json is not JSON"),
        ([1], r"texts\.json: got \[1\]; an object .* is expected"),
        ({"columns": ["a"]}, r'an object \{"columns": \[…\], "rows": \[…\]\} is expected'),
        (table(columns=[]), r"columns: got \[\]; a list of names is expected"),
        (table([], columns=[1]), r"columns: got \[1\]; a list of names is expected"),
        (table([], rows=[[]]), r"rows\[0\]: got \[\]; an object"),
        (table([], rows=[{"name": None, "cells": [[]]}]), r"rows\[0\]: got .*; an object"),
        (
            table([], columns=["a", "b"]),
            r"rows\[0\]\.cells: got \[\[\]\]; a list of 2, one for each column, is expected",
        ),
        (table("text"), r"cells\[0\]: got 'text'; a list of \[piece, nats\] is expected"),
        *(
            (table([["a", 1], piece]), r"rows\[0\]\.cells\[0\]: got .*; \[piece, nats\], a text and a finite number")
            for piece in ("a", ["a"], ["a", 1, 2], [1, 1], ["a", "1"], ["a", True], ["a", -1], ["a", float("inf")])
        ),
        (table([["a", float("nan")]]), "a finite number from 0 or null, is expected"),
    ],
)
def test_other_shape_is_named_in_one_line(house: Any, content: Any, message: str) -> None:
    house.write("data/samples/imdb-lm/texts.json", content)
    with pytest.raises(ValueError, match=message) as caught:
        page.render(house.sources())
    assert "samples/imdb-lm/texts.json" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_human_text_and_the_n_gram_stand_beside_the_model(house: Any) -> None:
    text = words(section(house, "run-imdb-lm"))
    for row in (
        "Perplexity 65.41 n-gram 151.2",
        "Bits per byte 1.312 bits n-gram 1.604",
        "Distinct-2 0.310 human 0.420",
        "Repetition-4 0.0120 human 0.00400",
        "Longest copy 14 tokens human 19",
        "Positive 0.540 human 0.500",
        "FD 3.810 floor 0.610 ceiling 44.10",
    ):
        assert row in text
    assert "Human distinct" not in text
    assert "Ngram" not in text


def test_overview_sets_perplexity_beside_the_n_gram(house: Any) -> None:
    text = words(section(house, "overview"))
    assert "3.810 FD floor 0.610 ceiling 44.10" in text
    assert "65.41 Perplexity n-gram 151.2" in text


def test_curve_of_validation_perplexity_has_the_n_gram_in_its_legend(house: Any) -> None:
    html = section(house, "run-imdb-lm")
    assert html.count('<line class="reference"') == 1
    assert '<span class="reference">n-gram 151.2</span>' in html
    assert 'class="reference"' not in section(house, "run-mnist-vae")


def test_dataset_of_texts_shows_its_statistics_and_no_shape(house: Any) -> None:
    dataset = _texts(house)
    text = words(section(house, f"dataset-{dataset}"))
    for fact in (
        "Classes negative, positive",
        "Vocabulary 10\u202f000",
        "Words, median 174",
        "Unknown tokens train 0.0\u202f%, validation 3.0\u202f%, test 3.1\u202f%",
        "Tokens train 11\u202f630\u202f000, validation 580\u202f000, test 5\u202f812\u202f345",
        "Duplicates within train 0",
        "Bytes per token 4.420",
    ):
        assert fact in text
    assert "Shape" not in text
    assert "Value range" not in text
    assert "Statistics" not in text


def _texts(house: Any) -> str:
    """The dataset of the fixture that has no shape."""
    specs = (json.loads(path.read_text()) for path in house.data.glob("prepared/*/spec.json"))
    return next(spec["name"] for spec in specs if not spec["shape"])
