"""The pipeline's graph, read from `dvc.yaml` with every `foreach` spelled out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from atelier.params import document

_REFERENCE = re.compile(r"\$\{\s*([^}\s]+)\s*\}")


@dataclass(frozen=True)
class Stage:
    """One stage as DVC runs it.

    Attributes:
        name: ``train``.
        key: ``mnist-vae`` of ``train@mnist-vae``; empty where there is none.
        deps, outs: paths.
    """

    name: str
    key: str
    deps: tuple[PurePosixPath, ...]
    outs: tuple[PurePosixPath, ...]

    @property
    def address(self) -> str:
        return f"{self.name}@{self.key}" if self.key else self.name


def read(path: Path, params: dict[str, Any]) -> list[Stage]:
    """The stages of a `dvc.yaml`.

    Args:
        path: the file.
        params: the plain data of `params.yaml`, which ``${…}`` refers to.

    Raises:
        ValueError: the file is not YAML, or refers to something that is not there.
    """
    raw = document.load(path.read_text(encoding="utf-8"), str(path))
    if not isinstance(raw, dict) or not isinstance(raw.get("stages"), dict):
        raise ValueError(f"{path}: a mapping with the stages of the pipeline is expected")
    scope = dict(params)
    for entry in raw.get("vars") or []:
        if isinstance(entry, dict):
            scope.update(entry)
    return [stage for name, body in raw["stages"].items() for stage in _expand(name, body, scope, path)]


def edges(stages: list[Stage]) -> list[tuple[int, int]]:
    """Which stage reads what which other one writes, as pairs of indices; arrows that others imply are left out."""
    direct = {
        after: {before for before in range(len(stages)) if before != after and _feeds(stages[before], stages[after])}
        for after in range(len(stages))
    }
    above: dict[int, set[int]] = {}

    def ancestors(node: int) -> set[int]:
        if node not in above:
            above[node] = set()  # Also ends the search in a cycle, which DVC itself refuses.
            above[node] = {far for near in direct[node] for far in {near, *ancestors(near)}}
        return above[node]

    return [
        (before, after)
        for after in range(len(stages))
        for before in sorted(direct[after])
        if not any(before in ancestors(other) for other in direct[after] - {before})
    ]


def _expand(name: str, body: dict[str, Any], scope: dict[str, Any], path: Path) -> Iterator[Stage]:
    if "foreach" not in body:
        yield _stage(name, "", body, scope, path)
        return
    items = body["foreach"]
    if isinstance(items, str):
        items = _value(items, scope, path)
    # DVC addresses the stages of a list by their items, those of a mapping by their keys.
    pairs = items.items() if isinstance(items, dict) else ((item, item) for item in items)
    for key, item in pairs:
        yield _stage(name, str(key), body["do"], {**scope, "key": key, "item": item}, path)


def _stage(name: str, key: str, body: dict[str, Any], scope: dict[str, Any], path: Path) -> Stage:
    def paths(*sections: str) -> tuple[PurePosixPath, ...]:
        entries = [entry for section in sections for entry in body.get(section) or []]
        texts = [next(iter(entry)) if isinstance(entry, dict) else entry for entry in entries]
        return tuple(PurePosixPath(_text(text, scope, path)) for text in texts)

    return Stage(name, key, paths("deps"), paths("outs", "metrics", "plots"))


def _text(text: str, scope: dict[str, Any], path: Path) -> str:
    return _REFERENCE.sub(lambda match: str(_value(match.group(), scope, path)), text)


def _value(reference: str, scope: dict[str, Any], path: Path) -> Any:
    match = _REFERENCE.fullmatch(reference.strip())
    value: Any = scope
    for part in match.group(1).split(".") if match else [reference]:
        if not isinstance(value, dict) or part not in value:
            raise ValueError(f"{path}: {reference} refers to nothing in params.yaml")
        value = value[part]
    return value


def _feeds(before: Stage, after: Stage) -> bool:
    return any(
        dep == out or dep.is_relative_to(out) or out.is_relative_to(dep) for dep in after.deps for out in before.outs
    )
