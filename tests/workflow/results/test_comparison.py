"""A comparison says what changed, in which direction, and whether by more than noise; its Markdown escapes any text."""

from typing import Any

import pytest

from atelier.workflow.results import comparison, exhibition, gate_file
from atelier.workflow.results.comparison import compare
from atelier.workflow.results.comparison_markdown import MAX_ROWS, cell, render, table
from atelier.workflow.results.states import State
from atelier.workflow.versions.lock_file import Out

GATES = gate_file.check({"modalities": {"images": {"fd": {"better": "lower", "relative": 0.1}}}})
RUN = {"dataset": "d", "modality": "images", "family": "vae", "train": {"epochs": 3}, "evaluate": {}}


def params(**more: Any) -> dict[str, Any]:
    return {"datasets": {"d": {"source": "embedded"}}, "judges": {"d": {}}, "runs": {"run": RUN | more}, "edits": {}}


def compared(now: dict[str, Any], before: dict[str, Any], **given: Any):
    sides = State({"run": now}, given.get("params", params())), State({"run": before}, params())
    return compare(*sides, GATES, "main", given.get("outs", {}), given.get("earlier", {}))


@pytest.mark.parametrize(
    ("now", "before", "change"),
    [
        (4.0, 5.0, "better"), (6.0, 5.0, "worse"), (5.4, 5.0, "noise"), (4.6, 5.0, "noise"),
        (5.0, None, "new"), (None, 5.0, "removed"), (float("nan"), 5.0, "incomparable"),
    ],
)  # fmt: skip
def test_change_of_a_number(now: float | None, before: float | None, change: str) -> None:
    sides = [{} if value is None else {"fd": value} for value in (now, before)]
    (row,) = compared(*sides).metrics["run"]
    assert row.change == change


def test_a_metric_without_a_better_way_has_moved() -> None:
    (row,) = compared({"unheard_of": 2}, {"unheard_of": 1}).metrics["run"]
    assert row.change == "moved"


def test_changed_parameters_have_both_values() -> None:
    found = compared({}, {}, params=params(train={"epochs": 4, "new": 1}) | {"edits": {"run": {"seed": 1}}})
    assert ("runs.run.train.epochs", 3, 4) in found.params
    assert ("runs.run.train.new", None, 1) in found.params
    assert ("edits.run", None, "present") in found.params


def test_changed_added_and_removed_stages_are_listed() -> None:
    one, other = ({"x": Out("x", digest * 32)} for digest in "19")
    found = compared({}, {}, outs={"a": one, "b": one, "new": one}, earlier={"a": one, "b": other, "old": {}})
    assert found.stages == {"b": "changed", "new": "added", "old": "removed"}


@pytest.mark.parametrize(
    "hostile", ["a | b", "`code`", "<img src=x>", "[x](y)", "line\nbreak", "# head", "\\|", "**b**"]
)
def test_a_cell_holds_any_text_without_breaking_its_table(hostile: str) -> None:
    text = table(["name"], [[hostile]])
    assert len(text.splitlines()) == 3
    row = text.splitlines()[2].removeprefix("| ").removesuffix(" |")
    assert "<" not in row
    for sign in "|`*[]#":
        assert all(row[place - 1] == "\\" for place in range(len(row)) if row[place] == sign), row
    # A backslash of the text's own is escaped, so that it cannot free the sign behind it.
    assert cell("\\|") == "\\\\\\|"


def test_a_table_of_very_many_rows_says_how_many_more_there_are() -> None:
    text = table(["n"], [[number] for number in range(MAX_ROWS + 7)])
    assert text.splitlines()[-1].startswith("… and 7 more")


def test_a_run_whose_name_is_html_cannot_break_out(tmp_path) -> None:
    sides = {"then": exhibition.Side({}, "not <here>")}
    found = compared({}, {})
    text = render(found, {"<b>": sides}, {})
    assert "<b>" not in text
    assert "not &lt;here&gt;" in text


def test_a_long_text_is_cut_and_says_so() -> None:
    listing = b'[{"file": "t.json", "title": "T"}]'
    texts = f'{{"columns": ["c"], "rows": [{{"name": "", "cells": [[["{"word " * 200}", 1]]]}}]}}'.encode()
    side = exhibition.read("d", lambda path: listing if path.endswith("pictures.json") else texts)
    assert side.exhibits["t.json"].texts[1][0].endswith("word …")


@pytest.mark.parametrize(
    ("dataset", "hidden"),
    [
        ({"source": "embedded", "format": "faces"}, False),
        ({"source": "mirror", "format": "faces"}, True),
        ({"format": "faces"}, True),
        ({"source": "upstream", "format": "idx"}, False),
        ({"kind": "mnist"}, False),
        ({"kind": "celeba"}, True),
        ({"kind": "unknown"}, True),
    ],
)
def test_real_faces_are_private_whatever_their_dataset_is_called(dataset: dict[str, str], hidden: bool) -> None:
    given = {"runs": {"r": {"dataset": "people"}}, "datasets": {"people": dataset}}
    assert exhibition.private(given, "r") is hidden


def test_a_run_of_unknown_data_is_private() -> None:
    assert exhibition.private({}, "r")


def test_marks_say_more_than_colours() -> None:
    assert len(set(comparison.MARKS.values())) == len(comparison.MARKS)
