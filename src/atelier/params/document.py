"""Read and write the YAML of parameter files with the library that DVC uses, so that both see the same values.

PyYAML (YAML 1.1) would read ``1e-3`` as text and ``010`` as eight, and keep the last of two equal keys silently.
"""

import io
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import Node

from atelier.params.strict import ParamsError


def load(text: str, name: str) -> Any:
    """Parse a YAML text to plain data.

    Raises:
        ParamsError: the text is not YAML, or has a key twice; the message gives `name`, that of its file, and the line.

    >>> load("learning_rate: 1e-3", "params.yaml")
    {'learning_rate': 0.001}
    """
    try:
        return _yaml().load(text)
    except MarkedYAMLError as error:
        line = f" (line {error.problem_mark.line + 1})" if error.problem_mark else ""
        raise ParamsError(f"{name}: {' '.join((error.problem or 'not YAML').split())}{line}") from None
    except YAMLError as error:
        raise ParamsError(f"{name}: not YAML: {' '.join(str(error).split())}") from None


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
