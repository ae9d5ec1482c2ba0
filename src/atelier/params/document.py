"""The YAML of parameter files, read by the reader that DVC uses.

Another one (PyYAML reads YAML 1.1) would take ``1e-3`` for text and ``010`` for eight, and of a key that stands twice
silently keep the last: a stage would see other values than DVC compares.
"""

import io
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import Node

from atelier.params.strict import ParamsError


def load(text: str, name: str) -> Any:
    """The plain data of a YAML text.

    Args:
        text: the text.
        name: the file it came from; errors begin with it.

    Raises:
        ParamsError: the text is not YAML, or a key stands twice; the message names the line.

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
    """The nodes of a YAML text, each of which knows where it stands; None where the text is empty."""
    return _yaml().compose(text)


def dump(value: Any) -> str:
    """Plain data as YAML in block style, in the order it has."""
    return _dumped(value, flow=False)


def inline(value: Any) -> str:
    """A scalar or a list of scalars as YAML on one line.

    >>> inline([0.5, "true", "b"])
    "[0.5, 'true', b]"
    """
    return _dumped(value, flow=True).removesuffix("...\n").strip()


def _dumped(value: Any, flow: bool) -> str:
    yaml, stream = _yaml(), io.StringIO()
    yaml.default_flow_style = flow
    yaml.dump(value, stream)
    return stream.getvalue()


def _yaml() -> YAML:
    yaml = YAML(typ="safe", pure=True)
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.width = 1 << 20
    yaml.allow_unicode = True
    return yaml
