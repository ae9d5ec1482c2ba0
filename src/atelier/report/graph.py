"""The pipeline's graph: the stages of `dvc.yaml`, one for each key of a `foreach`, and their dependencies."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path, PurePosixPath
from typing import Any

from atelier.params import document

# Almost all stages depend on these two; their arrows would hide all others.
NOT_DRAWN = ("code", "environment")

_REFERENCE = re.compile(r"\$\{\s*([^}\s]+)\s*\}")


@dataclass(frozen=True)
class Stage:
    """One stage as DVC runs it: ``train@mnist-vae`` has the name ``train`` and the key ``mnist-vae``.

    The key is empty without a `foreach`.
    """

    name: str
    key: str
    deps: tuple[PurePosixPath, ...]
    outs: tuple[PurePosixPath, ...]

    @property
    def address(self) -> str:
        return f"{self.name}@{self.key}" if self.key else self.name


def read(path: Path, params: dict[str, Any]) -> list[Stage]:
    """Read the stages of a `dvc.yaml` that the report draws; ``${…}`` refers to `params`, the data of `params.yaml`."""
    raw = document.read(path)
    if not isinstance(raw, dict) or not isinstance(raw.get("stages"), dict):
        raise ValueError(f"{path}: allowed is a mapping with a mapping of stages")
    bodies = {name: body for name, body in raw["stages"].items() if name not in NOT_DRAWN}
    return [stage for name, body in bodies.items() for stage in _expand(name, body, params, path)]


def edges(stages: list[Stage]) -> list[tuple[int, int]]:
    """Return the pairs of indices (before, after) where `after` reads an out of `before`, reduced transitively."""
    numbered = list(enumerate(stages))
    direct = {
        after: {before for before, earlier in numbered if before != after and _feeds(earlier, stage)}
        for after, stage in numbered
    }
    ancestors: dict[int, set[int]] = {}
    for node in TopologicalSorter(direct).static_order():
        ancestors[node] = direct[node].union(*(ancestors[before] for before in direct[node]))
    return [
        (before, after)
        for after, sources in direct.items()
        for before in sorted(sources)
        if not any(before in ancestors[other] for other in sources)
    ]


def _expand(name: str, body: dict[str, Any], params: dict[str, Any], path: Path) -> Iterator[Stage]:
    if "foreach" not in body:
        yield _stage(name, "", body, params, path)
        return
    items = body["foreach"]
    if isinstance(items, str):
        items = _value(items.strip("${ }"), params, path)
    # DVC names the stages of a list by its items, those of a mapping by its keys.
    pairs = items.items() if isinstance(items, dict) else ((item, item) for item in items)
    for key, item in pairs:
        yield _stage(name, str(key), body["do"], {**params, "key": key, "item": item}, path)


def _stage(name: str, key: str, body: dict[str, Any], scope: dict[str, Any], path: Path) -> Stage:
    def paths(*sections: str) -> tuple[PurePosixPath, ...]:
        entries = [entry for section in sections for entry in body.get(section) or []]
        texts = [next(iter(entry)) if isinstance(entry, dict) else entry for entry in entries]
        return tuple(
            PurePosixPath(_REFERENCE.sub(lambda match: str(_value(match[1], scope, path)), text)) for text in texts
        )

    return Stage(name, key, paths("deps"), paths("outs", "metrics", "plots"))


def _value(reference: str, scope: dict[str, Any], path: Path) -> Any:
    value: Any = scope
    for part in reference.split("."):
        if not isinstance(value, dict) or part not in value:
            raise ValueError(f"{path}: ${{{reference}}} is not in params.yaml")
        value = value[part]
    return value


def _feeds(before: Stage, after: Stage) -> bool:
    return any(dep.is_relative_to(out) or out.is_relative_to(dep) for dep in after.deps for out in before.outs)
