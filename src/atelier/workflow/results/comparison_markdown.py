"""Render a comparison as Markdown, for a pull request or for a file with pictures."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from atelier.workflow.results.comparison import Comparison
from atelier.workflow.results.exhibition import Side

# A comment on a pull request holds 65,536 characters.
MAX_ROWS = 150
_ESCAPES = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_[]#~|"} | {"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def cell(value: Any) -> str:
    """Return a value as the text of a table cell, with the characters of Markdown and HTML escaped.

    >>> cell("a|b `c` <b>"), cell(None), cell(0.123456)
    ('a\\\\|b \\\\`c\\\\` &lt;b&gt;', '–', '0.1235')
    """
    return " ".join(plain(value).split()).translate(_ESCAPES)


def plain(value: Any) -> str:
    """Return a value as text, floats with four digits."""
    return "–" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


def render(
    comparison: Comparison,
    pictures: Mapping[str, Mapping[str, Side]],
    paths: Mapping[str, Mapping[str, Mapping[str, str]]],
    prefix: str = "",
) -> str:
    """Render a comparison.

    Args:
        comparison: what differs.
        pictures: samples of each changed run, for the sides ``then`` and ``now``.
        paths: the path of a picture, for each run, side and file.
        prefix: prepended to these paths.
    """
    parts = [f"## Compared with {cell(comparison.label)}"]
    tables = list(comparison.tables())
    if not tables:
        parts.append("Nothing differs: parameters, metrics and outputs are equal.")
    for found in tables:
        note = [cell(found.note)] if found.note else []
        parts += [f"### {cell(found.title)}", *note, table(found.head, found.rows)]
    if tables and comparison.verdict:
        parts.append(cell(comparison.verdict))
    if pictures:
        parts.append("### Samples")
    for run, sides in pictures.items():
        parts += _exhibits(run, sides, paths.get(run, {}), comparison.reference, prefix)
    return "\n\n".join(parts) + "\n"


def table(head: Sequence[Any], rows: Sequence[Sequence[Any]]) -> str:
    """Render a Markdown table of at most `MAX_ROWS` rows."""
    lines = [[cell(value) if value != "" else "" for value in row] for row in (head, *rows[:MAX_ROWS])]
    text = [f"| {' | '.join(line)} |" for line in lines]
    text.insert(1, "|" + "---|" * len(head))
    if len(rows) > MAX_ROWS:
        text.append(f"\n… and {len(rows) - MAX_ROWS} more: `atelier compare` shows all of them.")
    return "\n".join(text)


def _exhibits(
    run: str, sides: Mapping[str, Side], paths: Mapping[str, Mapping[str, str]], reference: str, prefix: str
) -> list[str]:
    parts = [f"#### {cell(run)}"]
    names = {"then": reference, "now": "now"}
    parts += [f"{cell(names[side])}: {cell(shown.note)}." for side, shown in sides.items() if shown.note]
    for file in dict.fromkeys(file for shown in sides.values() for file in shown.exhibits):
        exhibits = {side: shown.exhibits[file] for side, shown in sides.items() if file in shown.exhibits}
        parts.append(f"**{cell(list(exhibits.values())[-1].title)}**")
        links = {side: paths[side][file] for side in exhibits if file in paths.get(side, {})}
        if links:
            head = " | ".join(cell(names[side]) for side in links)
            images = " | ".join(f"![{cell(f'{run}, {names[side]}')}]({_link(prefix, links[side])})" for side in links)
            parts.append(f"| {head} |\n|{'---|' * len(links)}\n| {images} |")
        for side, exhibit in exhibits.items():
            if exhibit.texts:
                parts += [f"{cell(names[side])}:", table(exhibit.texts[0], exhibit.texts[1:])]
    return parts


def _link(prefix: str, path: str) -> str:
    return quote(f"{prefix.rstrip('/')}/{path}" if prefix else path, safe="/:@?=&%+~-._")
