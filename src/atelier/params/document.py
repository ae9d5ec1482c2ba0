"""Read and write the YAML of parameter files with the library that DVC uses, so that both see the same values.

PyYAML (YAML 1.1) would read ``1e-3`` as text and ``010`` as eight, and keep the last of two equal keys silently.
"""

import io
from collections.abc import Iterator, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import Node

from atelier.params.strict import ParamsError

# Far above any parameter file; aliases of aliases can be infinitely deep, or wide.
MAX_DEPTH, MAX_VALUES = 50, 1_000_000


def read(path: Path, name: str | None = None) -> Any:
    """Read a YAML file; errors give `name`, by default its path. See `load`."""
    return load(read_text(path, name), name or str(path))


def read_text(path: Path, name: str | None = None) -> str:
    """Read a text file; bytes that are not UTF-8 are a ParamsError."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        byte = error.object[error.start]
        raise ParamsError(f"{name or path}: not UTF-8 text: the byte 0x{byte:02x} (line {line})") from None


def load(text: str, name: str) -> Any:
    """Parse a YAML text to plain data.

    Raises:
        ParamsError: the text is not YAML, or has a key twice, or a value that cannot be; the message gives `name`, that
            of its file, and where possible the line.

    >>> load("learning_rate: 1e-3", "params.yaml")
    {'learning_rate': 0.001}
    """
    try:
        value = _yaml().load(text)
        if sum(1 for _ in _values(value)) > MAX_VALUES:
            raise ParamsError(f"{name}: its aliases stand for more than {MAX_VALUES:,} values")
        return value
    except RecursionError:
        raise ParamsError(f"{name}: a value is nested too deeply, or contains itself") from None
    except MarkedYAMLError as error:
        line = f" (line {error.problem_mark.line + 1})" if error.problem_mark else ""
        raise ParamsError(f"{name}: {' '.join((error.problem or 'not YAML').split())}{line}") from None
    except YAMLError as error:
        raise ParamsError(f"{name}: not YAML: {' '.join(str(error).split())}") from None
    except ParamsError:
        raise
    except (ValueError, TypeError, LookupError, ArithmeticError) as error:
        # Of a value that looks like a date, a number or binary data, and is none: 2024-13-45.
        raise ParamsError(f"{name}: a value cannot be read: {' '.join(str(error).split())}") from None


def without_json(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the key and the value of everything that JSON lacks: dates, bytes, sets, NaN and infinity, and such keys.

    >>> list(without_json({"a": {"b": [1, float("inf")]}}))
    [('a.b', inf)]
    """
    for path, found in _values(value):
        plain = isfinite(found) if isinstance(found, float) else isinstance(found, str | int | Mapping | list | None)
        if not plain:
            yield path, found
        if isinstance(found, Mapping):
            yield from ((path, key) for key in found if not isinstance(key, str))


def _values(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield all values inside a value, itself first, each with the keys that lead to it; at most `MAX_VALUES` + 1."""
    waiting = [("", value, 0)]
    for _ in range(MAX_VALUES + 1):
        if not waiting:
            return
        path, found, depth = waiting.pop()
        yield path, found
        if depth > MAX_DEPTH:
            raise RecursionError
        if isinstance(found, Mapping):
            waiting += [(f"{path}.{key}".lstrip("."), inside, depth + 1) for key, inside in found.items()]
        elif isinstance(found, list | tuple | set):
            waiting += [(path, inside, depth + 1) for inside in found]


def tree(text: str) -> Node | None:
    """Parse a YAML text to nodes, which know their positions; None if the text is empty."""
    return _yaml().compose(text)


def dump(value: Any) -> str:
    """Format plain data as YAML in block style, in its own order."""
    return _format(value, flow=False)


def inline(value: Any) -> str:
    """Format a scalar or a list of scalars as YAML on one line.

    >>> inline([0.5, "true", "b"])
    "[0.5, 'true', b]"
    """
    return _format(value, flow=True).removesuffix("...\n").strip()


def _format(value: Any, flow: bool) -> str:
    yaml, stream = _yaml(), io.StringIO()
    yaml.default_flow_style = flow
    yaml.dump(value, stream)
    return stream.getvalue()


def _yaml() -> YAML:
    yaml = YAML(typ="safe", pure=True)
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 1 << 20
    yaml.allow_unicode = True
    return yaml
