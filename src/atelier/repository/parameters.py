"""Parameters as DVC compares them: each value that a stage reads, beside the one in `dvc.lock`."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dvc.dependency.param import ParamsDependency

LONGEST = 60


@dataclass(frozen=True)
class Difference:
    """One value that is not what it was.

    Attributes:
        key: where it stands, e.g. ``runs.mnist-vae.train.epochs``.
        before, after: the values; None where there is none.
        kind: ``changed``, ``added`` or ``removed``.
    """

    key: str
    before: Any
    after: Any
    kind: str

    def __str__(self) -> str:
        match self.kind:
            case "added":
                return f"added: {shown(self.after)}"
            case "removed":
                return f"removed (was {shown(self.before)})"
            case _:
                return f"{shown(self.before)} → {shown(self.after)}"


def shown(value: Any) -> str:
    """A value as it is written in a parameter file, on one line, cut if it is long."""
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def differences(before: Mapping[str, Any], after: Mapping[str, Any], keys: Sequence[str]) -> Iterator[Difference]:
    """What differs, leaf by leaf, in the order of `keys`, or of the file where a stage reads all of it.

    >>> [f"{d.key} {d}" for d in differences({"a": {"b": 1, "c": 2}}, {"a": {"b": 3, "c": 2}}, ["a"])]
    ['a.b 1 → 3']
    """
    for key in keys or dict.fromkeys([*after, *before]):
        yield from _differences(key, before.get(key, _NOTHING), after.get(key, _NOTHING))


_NOTHING = object()


def _differences(key: str, before: Any, after: Any) -> Iterator[Difference]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys([*after, *before]):
            yield from _differences(f"{key}.{name}", before.get(name, _NOTHING), after.get(name, _NOTHING))
    elif before is _NOTHING and after is _NOTHING:
        # DVC says "deleted" of a parameter that no file ever had, and so the stage is not up to date.
        yield Difference(key, None, None, "removed")
    elif before is _NOTHING:
        yield Difference(key, None, after, "added")
    elif after is _NOTHING:
        yield Difference(key, before, None, "removed")
    elif _plain(before) != _plain(after):
        yield Difference(key, before, after, "changed")


def _plain(value: Any) -> Any:
    """DVC takes the tuples of a Python file for the lists that the lock has."""
    return list(value) if isinstance(value, tuple) else value


class Values:
    """Parameter files, each read once for all stages."""

    def __init__(self) -> None:
        self._files: dict[str, Any] = {}

    def of(self, dep: "ParamsDependency") -> dict[str, Any]:
        """The present values of the parameters that a stage depends on, as `dep.read_params()` gives them.

        Raises:
            ValueError: the file cannot be read.
        """
        from dvc.dependency.param import read_param_file
        from dvc.utils.serialize import ParseError

        if dep.fs_path not in self._files:
            try:
                self._files[dep.fs_path] = read_param_file(dep.repo.fs, dep.fs_path)
            except ParseError as error:
                raise ValueError(str(error)) from error
        held = self._files[dep.fs_path]
        return {key: value for key in dep.params for value in _at(held, key)} if dep.params else dict(held)


def _at(held: Any, key: str) -> Iterator[Any]:
    """The value at a dotted key, or nothing."""
    import dpath

    try:
        yield dpath.get(held, key, separator=".")
    except KeyError:
        return
