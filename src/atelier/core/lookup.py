"""Find modules by the names that `params.yaml` uses.

There is no registry: a registry would import every family, and then every training would depend on all of them.
"""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType


def names(package: str, part: str) -> list[str]:
    """List the names N for which a module or package ``atelier.<package>.<N>.<part>`` exists, in alphabetical order.

    Only ``atelier.<package>`` itself is imported.

    >>> names("metrics", "text")
    ['corruption']
    """
    inside = [Path(directory) for directory in import_module(f"atelier.{package}").__path__]
    candidates = {found.name for found in iter_modules(map(str, inside)) if found.ispkg}
    return sorted(
        name
        for name in candidates
        if any(found.name == part for found in iter_modules([str(p / name) for p in inside]))
    )


def module(package: str, name: str, part: str) -> ModuleType:
    """Import ``atelier.<package>.<name>.<part>``; dots in `part` lead into sub-packages.

    Raises:
        ValueError: no such module exists; the message lists the names for which it does.

    >>> module("metrics", "sharpening", "text")
    Traceback (most recent call last):
    ValueError: no 'sharpening' with a module 'text' in atelier.metrics; known are: corruption
    """
    known = names(package, part.partition(".")[0])
    if name not in known:
        raise ValueError(f"no {name!r} with a module {part!r} in atelier.{package}; known are: {', '.join(known)}")
    return import_module(f"atelier.{package}.{name}.{part}")
