"""Tables of texts with the surprisal of each token."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from atelier.report import page, texts


def table(*cells: Any, **changes: Any) -> dict[str, Any]:
    return {"columns": ["a"] * len(cells), "rows": [{"name": "", "cells": list(cells)}], **changes}


def spans(tmp_path: Path, pieces: Any) -> list[texts.Span]:
    path = tmp_path / "texts.json"
    path.write_text(json.dumps(table(pieces)), encoding="utf-8")
    return texts.spans(texts.read(path).rows[0].cells[0])


class Texts(HTMLParser):
    """The exact text of each `.tokens`."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if ("class", "tokens") in attrs:
            self.inside = True
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "div"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.texts[-1] += data


def section(html: str, name: str) -> str:
    return html.split(f'id="{name}"')[1].split("</section>")[0]


def rendered(project: Any, name: str) -> str:
    return section(page.render(project.sources()), name)


def words(html: str) -> str:
    return re.sub(r"[ \n]+", " ", re.sub(r"<[^>]*>", " ", html))


def test_adjacent_tokens_of_one_tint_are_joined(tmp_path: Path) -> None:
    found = spans(tmp_path, [["A", None], [" film", 0.2], [" of", 0.9], [" mine", 3.1], [".", 2.0], [" Not", 12]])
    assert [(one.before, one.text, one.kind, one.tint, one.nats) for one in found] == [
        ("", "A", "given", 0, ""),
        (" ", "film of", "measured", 0, "0.2, 0.9"),
        (" ", "mine.", "measured", 2, "3.1, 2.0"),
        (" ", "Not", "measured", 5, "12.0"),
    ]


def test_token_that_was_not_measured_is_given_only_before_one_that_was(tmp_path: Path) -> None:
    assert [one.kind for one in spans(tmp_path, [["a", None], ["b", 1], ["c", None]])] == [
        "given",
        "measured",
        "plain",
    ]
    assert [one.kind for one in spans(tmp_path, [["a", None], ["b", None]])] == ["plain"]


def test_certain_token_may_be_rounded_below_zero(tmp_path: Path) -> None:
    assert spans(tmp_path, [["a", -1e-7]])[0].nats == "0.0"


def test_page_contains_every_text_exactly(project: Any) -> None:
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
    project.write("data/samples/imdb-lm/texts.json", table(pieces, [], [["{{ 7*7 }}", None]]))
    shown = Texts(rendered(project, "run-imdb-lm")).texts
    assert shown[:3] == ["".join(text for text, _ in pieces), "", "{{ 7*7 }}"]


def test_token_costs_few_bytes(project: Any, html: str) -> None:
    bare = len(section(html, "run-imdb-lm"))
    cell = [[" word", 0.3 + 1.3 * (n % 3)] for n in range(500)]
    project.write("data/samples/imdb-lm/texts.json", table(*[cell] * 5))
    assert len(rendered(project, "run-imdb-lm")) - bare < 5 * 500 * 50


def test_measured_table_has_one_legend_and_another_has_none(project: Any) -> None:
    name = "data/samples/imdb-lm/texts.json"
    project.write("data/models/imdb-lm/previews/pictures.json", [])
    assert words(rendered(project, "run-imdb-lm")).count("surprisal: 0 1 2 4 6 ≥ 8 nats bold : given") == 1
    project.write(name, table([["unmeasured", None]]))
    assert "surprisal:" not in rendered(project, "run-imdb-lm")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "Invalid JSON"),
        ([1], r"got \[1\]"),
        ({"columns": ["a"]}, "rows: .*Field required"),
        (table(columns=[]), r"columns: got \[\]; .*at least 1 item"),
        (table([], columns=[1]), r"columns\.0: got 1; .*string"),
        (table([], rows=[[]]), r"rows\.0: got \[\]"),
        (table([], rows=[{"name": None, "cells": [[]]}]), r"rows\.0\.name: got None; .*string"),
        (table([], columns=["a", "b"]), r"rows\.0\.cells has 1 entries for 2 columns"),
        (table("text"), r"rows\.0\.cells\.0: got 'text'; .*array"),
        *(
            (table([["a", 1], piece]), r"rows\.0\.cells\.0\.1.*: got ")
            for piece in ("a", ["a"], ["a", 1, 2], [1, 1], ["a", "1"], ["a", True], ["a", -1], ["a", float("inf")])
        ),
        (table([["a", float("nan")]]), "got nan; .*finite number"),
    ],
)
def test_other_format_is_an_error_of_one_line(project: Any, content: Any, message: str) -> None:
    project.write("data/samples/imdb-lm/texts.json", content)
    with pytest.raises(ValueError, match=message) as caught:
        page.render(project.sources())
    assert "samples/imdb-lm/texts.json" in str(caught.value)
    assert f"allowed is {texts.FORMAT}" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_human_text_and_n_gram_model_are_compared_with_the_model(html: str) -> None:
    text = words(section(html, "run-imdb-lm"))
    for row in (
        "Perplexity 65.41 n-gram 151.2",
        "Bits per byte 1.312 bits n-gram 1.604",
        "Distinct-2 0.310 human 0.420",
        "Repetition-4 0.0120 human 0.00400",
        "Longest copy 14 tokens human 19",
        "Positive 0.540 human 0.500",
        "FD 3.810 floor 0.610 N 1\u202f000 ceiling 44.10 N 1\u202f000",
    ):
        assert row in text
    assert "Human distinct" not in text
    assert "Ngram" not in text


def test_overview_compares_perplexity_with_the_n_gram_model(html: str) -> None:
    text = words(section(html, "overview"))
    assert "3.810 FD floor 0.610 N 1\u202f000 ceiling 44.10 N 1\u202f000" in text
    assert "65.41 Perplexity n-gram 151.2" in text


def test_curve_of_validation_perplexity_has_the_n_gram_in_its_legend(html: str) -> None:
    run = section(html, "run-imdb-lm")
    assert run.count('<line class="reference"') == 1
    assert '<span class="reference">n-gram 151.2</span>' in run
    assert 'class="reference"' not in section(html, "run-mnist-vae")


def test_dataset_of_texts_shows_its_statistics_and_no_shape(html: str) -> None:
    text = words(section(html, "dataset-imdb"))
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
