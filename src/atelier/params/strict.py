"""The base of every schema of `params.yaml`: frozen, strict models, and errors of one line per wrong key."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError


class ParamsError(ValueError):
    """Parameters are missing, unknown, of the wrong type or out of range; the message has one line for each."""


class Strict(BaseModel):
    """A section of parameters: unknown keys are errors, types are not coerced, values are immutable."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


Section = TypeVar("Section", bound=Strict)


def validate(schema: type[Section], value: object, path: str) -> Section:
    """Turn the plain YAML data of the section at `path`, such as ``runs.mnist-vae.train``, into `schema`.

    Raises:
        ParamsError: one line for each wrong key: its path, its value, and what is allowed.
    """
    section = require_mapping(value, path)
    try:
        # In strict mode only JSON's lists are accepted for tuples. Types that JSON lacks (YAML reads 2024-01-01 as a
        # date) become text, which no schema accepts as another type.
        return schema.model_validate_json(json.dumps(_with_text_keys(section), default=str))
    except ValidationError as error:
        document = schema.model_json_schema()
        raise ParamsError("\n".join(_line(document, path, dict(e)) for e in error.errors())) from None


def _with_text_keys(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _with_text_keys(entry) for key, entry in value.items()}
    return [_with_text_keys(entry) for entry in value] if isinstance(value, list) else value


def require_mapping(value: object, path: str) -> Mapping[Any, Any]:
    """Return `value` if it is a mapping, else raise `ParamsError` naming `path`."""
    if not isinstance(value, Mapping):
        raise ParamsError(f"{path}: got {value!r}; allowed is a mapping of keys to values")
    return value


def _line(document: dict[str, Any], path: str, error: dict[str, Any]) -> str:
    loc = error["loc"]
    key = ".".join([path, *map(str, loc)])
    match error["type"]:
        case "missing":
            return f"{key}: missing; allowed is {_allowed(document, _at(document, loc))}"
        case "extra_forbidden":
            known = sorted(_at(document, loc[:-1])["properties"])
            return f"{key}: got {error['input']!r}; unknown key, known are: {', '.join(known)}"
        case "value_error":
            return f"{key}: got {error['input']!r}; {error['ctx']['error']}"
        case _:
            return f"{key}: got {error['input']!r}; allowed is {_allowed(document, _at(document, loc))}"


def _at(document: dict[str, Any], loc: tuple[str | int, ...]) -> dict[str, Any]:
    """Return the part of a JSON schema that describes the value at `loc`."""
    part = _resolved(document, document)
    for step in loc:
        # A section that may also be null.
        part = next(
            (_resolved(document, choice) for choice in part.get("anyOf", ()) if choice != {"type": "null"}), part
        )
        inside = part["items"] if isinstance(step, int) else part.get("properties", {}).get(step)
        part = _resolved(document, part["additionalProperties"] if inside is None else inside)
    return part


def _resolved(document: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        part = document["$defs"][part["$ref"].rpartition("/")[2]]
    return part


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:g}"


_NOUNS = {"integer": "a whole number", "number": "a number", "string": "text", "boolean": "true or false"}
_BOUNDS = {"exclusiveMinimum": "above", "minimum": "at least", "exclusiveMaximum": "below", "maximum": "at most"}


def _allowed(document: dict[str, Any], part: dict[str, Any]) -> str:
    """Describe a JSON schema in words, e.g. ``a number above 0 and at most 1``."""
    part = _resolved(document, part)
    if "anyOf" in part:
        return " or ".join(_allowed(document, choice) for choice in part["anyOf"])
    if "const" in part or "enum" in part:
        choices = [str(choice) for choice in part.get("enum", [part.get("const")])]
        return choices[0] if len(choices) == 1 else f"one of: {', '.join(choices)}"
    match part.get("type"):
        case "array":
            least = part.get("minItems", 0)
            return f"a list{f' of {least} or more' if least else ''}, each {_allowed(document, part['items'])}"
        case "object" if "properties" not in part:
            return f"a mapping of names to {_allowed(document, part['additionalProperties'])}"
        case "object":
            return f"a mapping with the keys: {', '.join(part['properties'])}"
        case "null":
            return "null"
        case kind:
            bounds = [f"{words} {_number(part[key])}" for key, words in _BOUNDS.items() if key in part]
            return " ".join([_NOUNS[str(kind)], " and ".join(bounds)]).rstrip()
