"""Change values in a YAML text and keep every other byte: comments, blank lines, order, style.

An entry owns the lines after the previous entry up to its own last line. A comment therefore belongs to the entry below
it and is removed with it, and adding an entry and removing it again gives the same bytes.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ruamel.yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from atelier.params import document


class _Edit(NamedTuple):
    start: int
    end: int
    replacement: str


def rewrite(text: str, target: Mapping[str, Any]) -> str:
    """Return the YAML `text` with the content `target`.

    Args:
        text: a mapping in block style.
        target: plain data: mappings, lists of scalars, scalars.

    Raises:
        ValueError: the text is not such a mapping, or uses anchors or merges.

    >>> print(rewrite("# how long\\nepochs: 8  # passes\\nbatch: 32\\n", {"epochs": 24, "batch": 32}), end="")
    # how long
    epochs: 24  # passes
    batch: 32
    """
    if not text.endswith("\n"):
        text += "\n"
    node = document.tree(text)
    if not _is_block_mapping(node):
        raise ValueError("not a YAML mapping in block style")
    edits = _mapping(text, node, document.load(text, "the YAML"), target, 0)
    for start, end, replacement in sorted(_joined(edits), reverse=True):
        text = text[:start] + replacement + text[end:]
    if not same(document.load(text, "the rewritten YAML"), dict(target)):
        raise ValueError("uses YAML (anchors, merges) that cannot be changed value by value")
    return text


def _is_block_mapping(node: Node | None) -> bool:
    return isinstance(node, MappingNode) and not node.flow_style and bool(node.value)


def same(a: Any, b: Any) -> bool:
    """Compare plain data; 1, 1.0 and True are different."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and bool(a == b)


def _mapping(text: str, node: Any, current: Any, target: Mapping[str, Any], begin: int) -> list[_Edit]:
    """List the edits inside a block mapping whose first entry owns the text from `begin`."""
    entries = {key.value: (key, value) for key, value in node.value}
    ends = [_line_end(text, _end(key, value)) for key, value in entries.values()]
    regions = {name: (start, end) for name, start, end in zip(entries, [begin, *ends[:-1]], ends, strict=True)}
    spaced = any(text[start] == "\n" for start in ends[:-1])

    edits = [_Edit(*regions[name], "") for name in entries if name not in target]
    where = begin
    for name, wanted in target.items():
        if name in entries:
            edits += _value(text, *entries[name], current.get(name), wanted)
            where = regions[name][1]
        else:
            gap = "\n" if spaced and where != begin else ""
            edits.append(_Edit(where, where, gap + _rendered(name, wanted, node.start_mark.column)))
    return edits


def _value(text: str, key: Any, node: Any, current: Any, wanted: Any) -> list[_Edit]:
    if same(current, wanted):
        return []
    end = _end(key, node)
    block = isinstance(node, CollectionNode) and not node.flow_style
    if isinstance(wanted, Mapping) and wanted:
        if _is_block_mapping(node):
            return _mapping(text, node, current, wanted, _line_end(text, key.end_mark.index))
        return [_Edit(key.start_mark.index, end, _rendered(key.value, wanted, key.start_mark.column).strip())]
    if block and isinstance(node, SequenceNode) and isinstance(wanted, list) and wanted:
        line = "\n" + " " * node.start_mark.column + "- "
        return [_Edit(node.start_mark.index, end, line.join(["", *map(document.inline, wanted)]).lstrip())]
    if block or _is_empty(node):
        return [_Edit(key.end_mark.index, end, f": {document.inline(wanted)}")]
    return [_Edit(node.start_mark.index, end, document.inline(wanted))]


def _joined(edits: list[_Edit]) -> list[_Edit]:
    """Join insertions at the same position into one edit, because sorting would lose their order."""
    insertions: dict[int, str] = {}
    for edit in edits:
        if edit.start == edit.end:
            insertions[edit.start] = insertions.get(edit.start, "") + edit.replacement
    return [e for e in edits if e.start != e.end] + [_Edit(at, at, new) for at, new in insertions.items()]


def _end(key: Any, node: Any) -> int:
    """Return the end of the last character of a value; the parser ends a block only at the next token."""
    if isinstance(node, CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(*last) if isinstance(last, tuple) else _end(last, last)
    return key.end_mark.index + 1 if _is_empty(node) else node.end_mark.index


def _is_empty(node: Any) -> bool:
    """Return whether a value is missing; its position is then that of the next token."""
    return isinstance(node, ScalarNode) and not node.value and node.style is None


def _line_end(text: str, index: int) -> int:
    return text.index("\n", index) + 1


def _rendered(key: str, value: Any, column: int) -> str:
    pad = " " * column
    if isinstance(value, Mapping) and value:
        return f"{pad}{key}:\n" + "".join(_rendered(str(k), v, column + 2) for k, v in value.items())
    if isinstance(value, list) and value:
        return f"{pad}{key}:\n" + "".join(f"{pad}  - {document.inline(item)}\n" for item in value)
    return f"{pad}{key}: {document.inline(value)}\n"
