"""Read and check `config.json`, which says how to build a network."""

import json
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
    """Read the `config.json` of a network; the ValueError for other content is one line that names the file."""
    if (size := path.stat().st_size) > MAX_BYTES:
        raise _invalid(path, f"it has {size} bytes; allowed are at most {MAX_BYTES}")
    text = path.read_text(encoding="utf-8", errors="replace")
    numbers: list[float] = []

    def real(digits: str) -> None:
        numbers.append(float(digits))

    try:
        json.loads(text, parse_int=lambda digits: numbers.append(int(digits)), parse_float=real, parse_constant=real)
    except RecursionError:
        raise _invalid(path, "it is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from None
    if large := [str(number) for number in numbers if abs(number) > MAX_NUMBER]:
        raise _invalid(path, f"got the number {large[0][:20]}; allowed are at most {MAX_NUMBER}")
    try:
        description = _SCHEMA.validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise _invalid(path, ": ".join(filter(None, [".".join(map(str, first["loc"])), first["msg"]]))) from None
    shape = description.spec.shape
    if len(shape) not in (0, 3) or min(shape, default=1) < 1:
        allowed = "height, width and channels of an image, or an empty list for texts"
        raise _invalid(path, f"spec.shape: got {list(shape)}; allowed are {allowed}")
    return description


def _invalid(path: Path, reason: str) -> ValueError:
    return ValueError(f"{path} does not describe a network: {reason}")
