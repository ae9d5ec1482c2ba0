"""A comparison as Markdown, for a pull request or a file with pictures beside it."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from atelier.repository.comparison import MARKS, Comparison, Row
from atelier.repository.exhibition import Side

# A comment on a pull request holds 65,536 characters.
MOST_ROWS = 150
# What Markdown or HTML would take for more than text; a backslash before it is what Markdown reads as the sign itself.
_SIGNS = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_[]#~|"} | {"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def cell(value: Any) -> str:
    """A value as the text of a table's cell, whatever signs it holds.

    >>> cell("a|b `c` <b>"), cell(None), cell(0.123456)
    ('a\\\\|b \\\\`c\\\\` &lt;b&gt;', '–', '0.1235')
    """
    if value is None:
        return "–"
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return " ".join(text.split()).translate(_SIGNS)


def render(
    comparison: Comparison,
    pictures: Mapping[str, Mapping[str, Side]],
    paths: Mapping[str, Mapping[str, Mapping[str, str]]],
    prefix: str = "",
) -> str:
    """The whole comparison.

    Args:
        comparison: what differs.
        pictures: for each changed run what its sides ``then`` and ``now`` show; may be empty.
        paths: for each run, side and file the path of its picture.
        prefix: what links of pictures begin with.
    """
    parts = [f"## Beside {cell(comparison.than)}"]
    if comparison.empty:
        parts.append("Nothing differs: parameters, numbers and outputs are equal.")
    if comparison.params:
        rows = [[name, before, after] for name, before, after in comparison.params]
        parts += ["### Parameters", table(["parameter", comparison.than, "now"], rows)]
    if comparison.metrics:
        parts.append("### Numbers")
    for run, found in comparison.metrics.items():
        parts.append(f"#### {cell(run)}")
        if run in comparison.notes:
            parts.append(cell(comparison.notes[run]))
        head = ["metric", comparison.than, "now", "", "noise"]
        parts.append(table(head, [[r.metric, r.before, r.after, mark(r), r.noise] for r in found]))
    if comparison.stages:
        rows = [[stage, how] for stage, how in comparison.stages.items()]
        parts += ["### Outputs that differ", table(["stage", ""], rows)]
    if pictures:
        parts.append("### Samples")
    for run, sides in pictures.items():
        parts += _exhibits(run, sides, paths.get(run, {}), comparison.than, prefix)
    return "\n\n".join(parts) + "\n"


def mark(row: Row) -> str:
    """What became of a metric, in a word.

    >>> mark(Row("fd", 9.0, 5.0, "better")), mark(Row("fd", None, 5.0, "new"))
    ('▲ better', 'new')
    """
    return MARKS.get(row.verdict, {"other": "not comparable"}.get(row.verdict, row.verdict))


def table(head: Sequence[Any], rows: Sequence[Sequence[Any]]) -> str:
    """A Markdown table, each value escaped; of very many rows the first, with a word on the others."""
    lines = [[cell(value) if value != "" else "" for value in row] for row in (head, *rows[:MOST_ROWS])]
    text = [f"| {' | '.join(line)} |" for line in lines]
    text.insert(1, "|" + "---|" * len(head))
    if len(rows) > MOST_ROWS:
        text.append(f"\n… and {len(rows) - MOST_ROWS} more: `atelier compare` shows them all.")
    return "\n".join(text)


def _exhibits(
    run: str, sides: Mapping[str, Side], paths: Mapping[str, Mapping[str, str]], than: str, prefix: str
) -> list[str]:
    parts = [f"#### {cell(run)}"]
    named = {"then": than, "now": "now"}
    parts += [f"{cell(named[side])}: {cell(of.note)}." for side, of in sides.items() if of.note]
    names = list(dict.fromkeys(name for of in sides.values() for name in of.exhibits))
    for name in names:
        there = {side: of.exhibits[name] for side, of in sides.items() if name in of.exhibits}
        parts.append(f"**{cell(list(there.values())[-1].title)}**")
        shown = {side: paths[side][name] for side in there if name in paths.get(side, {})}
        if shown:
            head = " | ".join(cell(named[side]) for side in shown)
            images = " | ".join(f"![{cell(f'{run}, {named[side]}')}]({_link(prefix, shown[side])})" for side in shown)
            parts.append(f"| {head} |\n|{'---|' * len(shown)}\n| {images} |")
        for side, exhibit in there.items():
            if exhibit.texts:
                parts += [f"{cell(named[side])}:", table(exhibit.texts[0], exhibit.texts[1:])]
    return parts


def _link(prefix: str, path: str) -> str:
    return quote(f"{prefix.rstrip('/')}/{path}" if prefix else path, safe="/:@?=&%+~-._")
