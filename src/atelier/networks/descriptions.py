"""Read and check `config.json`, which says how to build a network."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from atelier.core.spec import Spec

# Our files have a few kilobytes; parsing JSON needs many times its size.
MAX_BYTES = 1 << 20
MAX_NUMBER = 2**31 - 1


@dataclass(frozen=True)
class Description:
    """The content of `config.json`; the schema of the family checks `config`."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    family: str
    config: dict[str, Any]
    precision: Literal["float32", "mixed_bfloat16"]
    spec: Spec


_SCHEMA: TypeAdapter[Description] = TypeAdapter(Description)


def read(path: Path) -> Description:
    """Read the `config.json` of a network.

    Raises:
        ValueError: the file is not one; the message is one line that names the file.
    """
    if (size := path.stat().st_size) > MAX_BYTES:
        raise _invalid(path, f"it has {size} bytes; allowed are at most {MAX_BYTES}")
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        plain = json.loads(text)
        absurd = next((str(number) for number in _numbers(plain) if abs(number) > MAX_NUMBER), None)
    except RecursionError:
        raise _invalid(path, "it is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from None
    if absurd is not None:
        raise _invalid(path, f"got the number {absurd[:20]}; allowed are at most {MAX_NUMBER}")
    try:
        description = _SCHEMA.validate_json(text, strict=True)
    except ValidationError as error:
        raise _invalid(path, _first(error)) from None
    shape = description.spec.shape
    if len(shape) not in (0, 3) or min(shape, default=1) < 1:
        raise _invalid(
            path,
            f"spec.shape: got {list(shape)}; allowed are height, width and channels of an image, or an empty list for "
            "texts",
        )
    return description


def _invalid(path: Path, reason: str) -> ValueError:
    return ValueError(f"{path} does not describe a network: {reason}")


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict | list):
        for entry in value.values() if isinstance(value, dict) else value:
            yield from _numbers(entry)
    elif isinstance(value, int | float):
        yield value


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    key = ".".join(map(str, first["loc"]))
    return f"{key}: {first['msg']}" if key else first["msg"]
