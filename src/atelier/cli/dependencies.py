"""Which of our modules each stage runs: the imports of its door, and the modules that it looks up by name.

A missing code dependency in `dvc.yaml` is a stale result that nobody notices; a superfluous one is a retraining that
nobody wanted. So they are computed, not remembered.
"""

import ast
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import grimp

# What the doors look up by name (`atelier.core.lookup`), as package and name; braces hold what the stage is for.
LOOKED_UP: dict[str, tuple[tuple[str, str], ...]] = {
    "download": (("datasets", "{key}"), ("datasets.embedded", "{key}")),
    "prepare": (("datasets", "{key}"),),
    "judge": (("models.classifiers", "{modality}"), ("pipeline.judging", "{modality}")),
    "train": (
        ("models", "{family}"),
        ("models.classifiers", "{modality}"),
        ("pipeline.fitting", "{family}"),
        ("pipeline.previews", "{modality}"),
        ("pipeline.watching", "{modality}"),
    ),
    "sample": (("models", "{family}"), ("pipeline.sampling", "{family}")),
    "evaluate": (("models", "{family}"), ("models.classifiers", "{modality}"), ("pipeline.evaluation", "{family}")),
    "edit": (("models", "{family}"), ("models.classifiers", "images")),
}
# Values of an entry that its paths may hold.
ITEMS = ("dataset", "family", "format", "modality")
PLACEHOLDERS = {"key": "${key}"} | {name: f"${{item.{name}}}" for name in ITEMS}


def code_dependencies(root: Path, pipeline: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, list[str]]:
    """The code of every stage of `dvc.yaml`, as sorted paths, with ``${…}`` where a path holds a looked-up name.

    Args:
        root: the checkout.
        pipeline: the plain data of `dvc.yaml`.
        params: the plain data of `params.yaml`.

    Raises:
        ValueError: a stage that is declared once for many needs different code for them.
    """
    imports = grimp.build_graph("atelier", cache_dir=None)
    return {
        name: _stage_code(name, f"stages/{name}.py", entries, root, imports)
        for name, entries in ((name, _entries(stage, params)) for name, stage in pipeline["stages"].items())
    }


def _entries(stage: Mapping[str, Any], params: Mapping[str, Any]) -> list[dict[str, str]]:
    """The names that stand in each copy of a stage: one empty mapping for a stage without `foreach`."""
    if "foreach" not in stage:
        return [{}]
    items = params[stage["foreach"].removeprefix("${").removesuffix("}")]
    return [
        {"key": key} | {name: item[name] for name in ITEMS if isinstance(item.get(name), str)}
        for key, item in items.items()
    ]


def _stage_code(
    name: str, door: str, entries: list[dict[str, str]], root: Path, imports: grimp.ImportGraph
) -> list[str]:
    variants = {}
    for entry in entries:
        roots = _imported(root / door, imports)
        roots |= {f"atelier.{package}.{of.format(**entry)}" for package, of in LOOKED_UP.get(name, ())}
        modules = roots.union(*(imports.find_upstream_modules(module) for module in roots))
        paths = [door, *_paths(modules, root)]
        variants[tuple(sorted({_templated(path, entry) for path in paths}))] = entry
    if len(variants) > 1:
        (first, one), (second, other), *_ = variants.items()
        differing = sorted(set(first) ^ set(second))
        raise ValueError(
            f"{name}@{one['key']} and {name}@{other['key']} need different code, which one declaration cannot say: "
            f"{', '.join(differing)}; put what only one needs where its path holds the name of the one"
        )
    return list(next(iter(variants)))


def _imported(door: Path, imports: grimp.ImportGraph) -> set[str]:
    """The modules of ours that a script imports itself."""
    found = set()
    for node in ast.walk(ast.parse(door.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found & imports.modules


def _paths(modules: Iterable[str], root: Path) -> set[str]:
    """Source files of modules and of the packages around them, without the empty ones."""
    files = set()
    for module in modules:
        parts = module.split(".")
        for end in range(1, len(parts)):
            files.add(Path("src", *parts[:end], "__init__.py"))
        path = Path("src", *parts)
        files.add(path / "__init__.py" if (root / path).is_dir() else path.with_suffix(".py"))
    return {path.as_posix() for path in files if (root / path).stat().st_size}


def _templated(path: str, entry: Mapping[str, str]) -> str:
    """The path with the entry's names as placeholders; a package of that name stands for all that it holds."""
    for placeholder, name in sorted(entry.items(), key=lambda item: len(item[1]), reverse=True):
        inside = re.fullmatch(rf"(.*/){re.escape(name)}/.*", path)
        if inside:
            return inside[1] + PLACEHOLDERS[placeholder]
        path = re.sub(rf"/{re.escape(name)}\.py$", f"/{PLACEHOLDERS[placeholder]}.py", path)
    return path


def is_code(path: str) -> bool:
    """Whether a dependency in `dvc.yaml` is one of those that are computed: not data, not a template."""
    return path.startswith("stages/") or (path.startswith("src/") and not path.endswith("/templates"))
