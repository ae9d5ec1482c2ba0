"""What `config.json` may say of a network: how to build it, and nothing absurd."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from atelier.core.spec import Spec

# Ours are a few kilobytes; what reads JSON needs many times its size.
MOST_BYTES = 1 << 20
MOST = 2**31 - 1


@dataclass(frozen=True)
class Description:
    """The plain data of `config.json`; `config` is checked by the family's own schema."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    family: str
    config: dict[str, Any]
    precision: Literal["float32", "mixed_bfloat16"]
    spec: Spec


_SCHEMA: TypeAdapter[Description] = TypeAdapter(Description)


def read(path: Path) -> Description:
    """Read a network's `config.json`.

    Raises:
        ValueError: it is not one; the message is one line that names the file.
    """
    if (size := path.stat().st_size) > MOST_BYTES:
        raise ValueError(f"{path} is no description of a network: {size} bytes are more than {MOST_BYTES}")
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        plain = json.loads(text)
        absurd = next((str(number) for number in _numbers(plain) if abs(number) > MOST), None)
    except RecursionError:
        raise ValueError(f"{path} is no description of a network: it is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from None
    if absurd is not None:
        raise ValueError(f"{path} is no description of a network: {absurd[:20]} is beyond every size there is")
    try:
        description = _SCHEMA.validate_json(text, strict=True)
    except ValidationError as error:
        raise ValueError(f"{path} is no description of a network: {_first(error)}") from None
    shape = description.spec.shape
    if len(shape) not in (0, 3) or min(shape, default=1) < 1:
        raise ValueError(
            f"{path} is no description of a network: spec.shape is {list(shape)}; allowed are height, width and "
            "channels of an image, or nothing for texts"
        )
    return description


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict | list):
        for entry in value.values() if isinstance(value, dict) else value:
            yield from _numbers(entry)
    elif isinstance(value, int | float):
        yield value


def _first(error: ValidationError) -> str:
    wrong = error.errors(include_url=False)[0]
    where = ".".join(map(str, wrong["loc"]))
    return f"{where}: {wrong['msg']}" if where else wrong["msg"]
