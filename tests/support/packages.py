"""The datasets that exist: the packages of `atelier.datasets` that declare a `FORMAT`."""

from importlib import import_module
from pkgutil import iter_modules

from atelier import datasets


def names(file_format: str | None = None) -> list[str]:
    """Return the names of all datasets, or of those in one format."""
    found = {m.name: import_module(f"atelier.datasets.{m.name}") for m in iter_modules(datasets.__path__) if m.ispkg}
    formats = {name: getattr(package, "FORMAT", None) for name, package in found.items()}
    return sorted(name for name, known in formats.items() if known and file_format in (None, known))
