"""The code of every stage: what its script imports, and the modules that it looks up by name.

A missing module would leave a stale result undetected, a superfluous one would cause needless trainings. The manifests
are therefore computed from the imports.
"""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import grimp

from atelier.core import files, lookup
from atelier.core.code.digest import code_digest
from atelier.core.code.manifest import RESULT_FREE, Manifest


def manifests(root: Path) -> dict[str, Manifest]:
    """Compute the manifests of all stages of the checkout `root`, by the name of their file.

    It is ``train/vae.json`` for a stage that is declared once for many entries, ``report.json`` for any other.
    """
    imports = grimp.build_graph("atelier", cache_dir=None)
    for module in RESULT_FREE & imports.modules:
        imports.remove_module(module)

    @cache
    def digest(path: Path) -> str:
        return code_digest(path.read_text(encoding="utf-8")) if path.suffix == ".py" else files.sha256(path)

    def manifest(script: Path, looked_up: Iterable[str]) -> Manifest:
        modules = _imported_by((_imported(script) & imports.modules) | set(looked_up), imports)
        return {path.relative_to(root).as_posix(): digest(path) for path in (script, *_files(modules, root))}

    found = {}
    for script in sorted((root / "stages").glob("*.py")):
        if script.stem == "code":
            continue
        entries = list(_looked_up(script.stem))
        for name, modules in entries:
            found[f"{script.stem}/{name}.json"] = manifest(script, modules)
        if not entries:
            found[f"{script.stem}.json"] = manifest(script, ())
    return found


def _imported_by(roots: set[str], imports: grimp.ImportGraph) -> set[str]:
    """Return some modules with all that they import, and the packages that contain them, which Python imports first."""
    found: set[str] = set()
    waiting = set(roots)
    while waiting:
        module = waiting.pop()
        found.add(module)
        package = module.rpartition(".")[0]
        waiting |= (imports.find_modules_directly_imported_by(module) | ({package} if package else set())) - found
    return found


def _looked_up(stage: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the names that have a manifest of their own in a stage, with the modules that it looks up for each."""
    kinds, families = lookup.names("datasets", "source"), lookup.names("families", "params")

    def modules(package: str, name: str, *parts: str) -> list[str]:
        return [f"atelier.{package}.{name}.{part}" for part in parts]

    match stage:
        case "download":
            for kind in lookup.names("datasets", "twin"):
                yield kind, [*modules("datasets", kind, "source", "twin.write"), _format(kind)]
        case "prepare":
            for kind in kinds:
                yield kind, [*modules("datasets", kind, "source"), _format(kind)]
        case "judge":
            for kind in kinds:
                modality = import_module(_format(kind)).MODALITY
                yield kind, modules("modalities", modality, "params", "judge", "classifier")
        case "train" | "sample" | "evaluate":
            parts = {"train": ("preview", "watch", "classifier"), "evaluate": ("classifier",)}.get(stage, ())
            for name in families:
                modality = lookup.module("families", name, "params").MODALITY
                own = modules("families", name, "params", "network", stage)
                yield name, [*own, *modules("modalities", modality, *parts)]
        case "edit":
            for name in families:
                if lookup.module("families", name, "params").MODALITY == "images":
                    of_images = modules("modalities", "images", "classifier", "inverter")
                    yield name, [*modules("families", name, "params", "network"), *of_images]


def _format(kind: str) -> str:
    """Name the module with the schema of a kind of dataset."""
    return f"atelier.datasets.formats.{import_module(f'atelier.datasets.{kind}').FORMAT}.params"


def _imported(script: Path) -> set[str]:
    """Collect every name that a script imports: modules, and what it imports from them."""
    found = set()
    for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found


def _files(modules: Iterable[str], root: Path) -> set[Path]:
    """Find the non-empty source files of modules, and their templates."""
    found = set()
    for module in modules:
        parts = module.split(".")
        path = root.joinpath("src", *parts)
        found.add(path / "__init__.py" if path.is_dir() else path.with_suffix(".py"))
        found |= {template for template in (path.parent / "templates").glob("*") if template.is_file()}
    return {path for path in found if path.stat().st_size}
