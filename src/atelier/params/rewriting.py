"""Change values in a YAML text and keep every other byte: comments, blank lines, order, style.

An entry owns the lines after the previous entry up to its own last line. A comment therefore belongs to the entry below
it and is removed with it, and adding an entry and removing it again gives the same bytes. The round-trip mode of
ruamel.yaml attaches a comment to the entry above it instead.
"""

from collections.abc import Mapping
from itertools import pairwise
from textwrap import indent
from typing import Any

from ruamel.yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from atelier.params import document


def rewrite(text: str, target: Mapping[str, Any]) -> str:
    """Return the YAML `text`, a mapping in block style, with the content `target`: mappings, scalars, lists of scalars.

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
    new = _mapping(text, node, document.load(text, "the YAML"), target, 0) + text[_line_end(text, node, node) :]
    if not same(document.load(new, "the rewritten YAML"), dict(target)):
        raise ValueError("uses YAML (anchors, merges) that cannot be changed value by value")
    return new


def same(a: Any, b: Any) -> bool:
    """Compare plain data; 1, 1.0 and True are different."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and bool(a == b)


def _mapping(text: str, node: Any, current: Any, target: Mapping[str, Any], begin: int) -> str:
    """Return a block mapping with the content `target`; the first entry of `node` owns the text from `begin`."""
    ends = [begin, *(_line_end(text, *entry) for entry in node.value)]
    entries = {
        key.value: _entry(text[:end], start, key, value, current.get(key.value), target[key.value])
        for (key, value), (start, end) in zip(node.value, pairwise(ends), strict=True)
        if key.value in target
    }
    spaced = any(text[start] == "\n" for start in ends[1:-1])
    order = list(entries)
    for previous, name in zip(["", *target], target, strict=False):
        if name not in entries:
            order.insert(order.index(previous) + 1 if previous else 0, name)
            added = indent(document.dump({name: target[name]}), " " * node.start_mark.column)
            entries[name] = "\n" + added if spaced and previous else added
    return "".join(entries[name] for name in order)


def _entry(text: str, start: int, key: Any, node: Any, current: Any, wanted: Any) -> str:
    """Return the entry that owns `text` from `start` with the value `wanted`."""
    if same(current, wanted):
        return text[start:]
    block = isinstance(node, CollectionNode) and not node.flow_style
    begin, end = node.start_mark.index, _end(key, node)
    if isinstance(wanted, Mapping) and wanted:
        if _is_block_mapping(node):
            body = text.index("\n", key.end_mark.index) + 1
            return text[start:body] + _mapping(text, node, current, wanted, body)
        begin = key.start_mark.index
        new = indent(document.dump({key.value: wanted}), " " * key.start_mark.column).strip()
    elif block and isinstance(node, SequenceNode) and isinstance(wanted, list) and wanted:
        new = ("\n" + " " * node.start_mark.column).join(f"- {document.inline(item)}" for item in wanted)
    elif block or _is_empty(node):
        begin, new = key.end_mark.index, f": {document.inline(wanted)}"
    else:
        new = document.inline(wanted)
    return text[start:begin] + new + text[end:]


def _is_block_mapping(node: Node | None) -> bool:
    return isinstance(node, MappingNode) and not node.flow_style and bool(node.value)


def _is_empty(node: Any) -> bool:
    """Return whether a value is missing; its position is then that of the next token."""
    return isinstance(node, ScalarNode) and not node.value and node.style is None


def _end(key: Any, node: Any) -> int:
    """Return the end of the last character of a value; the parser ends a block only at the next token."""
    if isinstance(node, CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(*last) if isinstance(last, tuple) else _end(last, last)
    return key.end_mark.index + 1 if _is_empty(node) else node.end_mark.index


def _line_end(text: str, key: Any, node: Any) -> int:
    return text.index("\n", _end(key, node)) + 1
