"""Find the modules of a family, a dataset or a modality by the name that `params.yaml` gives it.

There is no registry: a module that imported every family would make every training depend on all of them.
"""

from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from types import ModuleType


def names(package: str, part: str) -> list[str]:
    """List the sub-packages of ``atelier.<package>`` that have a module `part`."""
    found = iter_modules(import_module(f"atelier.{package}").__path__)
    return sorted(m.name for m in found if m.ispkg and find_spec(f"atelier.{package}.{m.name}.{part}"))


def module(package: str, name: str, part: str) -> ModuleType:
    """Import ``atelier.<package>.<name>.<part>``."""
    known = names(package, part)
    if name not in known:
        raise ValueError(f"no {name!r} in atelier.{package}; known are: {', '.join(known)}")
    return import_module(f"atelier.{package}.{name}.{part}")
