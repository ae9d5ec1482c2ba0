"""A digest of Python source that ignores comments, docstrings and blank lines."""

import ast
import hashlib
import io
import tokenize


def code_digest(source: str) -> str:
    """Return the SHA-256 of a module's code, in hexadecimal.

    Comments and docstrings are blanked as spans of text, and lines without code are dropped, so that all versions of
    Python give the same digest.

    >>> code_digest("x = 1  # one") == code_digest("'''Numbers.'''\\n\\nx = 1")
    True
    >>> code_digest("x = 1") == code_digest("x = 2")
    False
    """
    # AST columns count UTF-8 bytes, so lines are handled as bytes.
    lines = [line.encode() for line in source.splitlines()]
    tree = ast.parse(source)
    for start, end in sorted([*_docstrings(tree), *_comments(source)], reverse=True):
        _blank(lines, start, end)
    inside_strings = {row for node in ast.walk(tree) for row in _inner_rows(node)}
    code = [
        line if row in inside_strings else line.rstrip()
        for row, line in enumerate(lines, start=1)
        if row in inside_strings or line.strip()
    ]
    return hashlib.sha256(b"\n".join(code)).hexdigest()


Position = tuple[int, int]


def _docstrings(tree: ast.Module) -> list[tuple[Position, Position]]:
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        match node.body:
            case [ast.Expr(value=ast.Constant(value=str()), end_lineno=int(row), end_col_offset=int(end)) as first, *_]:
                found.append(((first.lineno, first.col_offset), (row, end)))
                # A docstring is blanked, so its rows are no longer those of a string.
                first.value = ast.Constant(value=0, lineno=0, col_offset=0, end_lineno=0, end_col_offset=0)
    return found


def _comments(source: str) -> list[tuple[Position, Position]]:
    if "#" not in source:
        return []
    lines = source.splitlines()

    def position(row: int, column: int) -> Position:
        return row, len(lines[row - 1][:column].encode())

    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [(position(*t.start), position(*t.end)) for t in tokens if t.type == tokenize.COMMENT]


def _blank(lines: list[bytes], start: Position, end: Position) -> None:
    (first, begin), (last, stop) = start, end
    before, after = lines[first - 1][:begin], lines[last - 1][stop:]
    lines[first - 1 : last] = [before + after] if first == last else [before, *[b""] * (last - first - 1), after]


def _inner_rows(node: ast.AST) -> range:
    """Return the rows of a string over several lines; its spaces and blank lines belong to its value."""
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)):
        assert node.end_lineno is not None
        if node.end_lineno > node.lineno:
            return range(node.lineno, node.end_lineno + 1)
    return range(0)
