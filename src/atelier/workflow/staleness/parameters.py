"""Compare the parameters of a stage with `dvc.lock`, as DVC does."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from atelier.params import profiles
from atelier.params.profiles import Change

if TYPE_CHECKING:
    from dvc.dependency.param import ParamsDependency

MAX_LENGTH = 60
_ABSENT = object()


def changes(before: Mapping[str, Any], after: Mapping[str, Any], keys: Sequence[str]) -> Iterator[Change]:
    """Yield each value that differs, in the order of `keys`; without keys, a stage reads the whole file.

    >>> [f"{'.'.join(c.path)} {describe(c)}" for c in changes({"a": {"b": 1, "c": 2}}, {"a": {"b": 3, "c": 2}}, ["a"])]
    ['a.b 1 → 3']
    """
    for key in keys or dict.fromkeys([*after, *before]):
        if key not in before and key not in after:
            # DVC treats a parameter that is in no file as deleted: its stage is never up to date.
            yield Change((key,), None, None, "removed")
            continue
        one, other = ({key: side[key]} if key in side else {} for side in (before, after))
        for change in profiles.compare(one, other):
            # Unlike profiles, DVC compares with ==: 1 and 1.0 are equal.
            if change.kind != "changed" or change.before != change.after:
                yield change


def describe(change: Change) -> str:
    """Return what happened to a value, on one line."""
    match change.kind:
        case "added":
            return f"added: {shown(change.after)}"
        case "removed":
            return f"removed (was {shown(change.before)})"
        case _:
            return f"{shown(change.before)} → {shown(change.after)}"


def shown(value: Any) -> str:
    """Format a value on one line, cut to `MAX_LENGTH` characters."""
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= MAX_LENGTH else f"{text[: MAX_LENGTH - 1]}…"


class ParameterFiles:
    """Parameter files, each read once for all stages."""

    def __init__(self) -> None:
        self._files: dict[str, Any] = {}

    def values(self, dep: "ParamsDependency") -> dict[str, Any]:
        """Return the present values of the parameters that a stage reads, as `dep.read_params()` does."""
        import dpath
        from dvc.dependency.param import read_param_file
        from dvc.utils.serialize import ParseError

        if dep.fs_path not in self._files:
            try:
                self._files[dep.fs_path] = read_param_file(dep.repo.fs, dep.fs_path)
            except ParseError as error:
                raise ValueError(str(error)) from error
        content = self._files[dep.fs_path]
        if not dep.params:
            return dict(content)
        values = {key: dpath.get(content, key, separator=".", default=_ABSENT) for key in dep.params}
        return {key: value for key, value in values.items() if value is not _ABSENT}
