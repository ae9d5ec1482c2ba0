"""Find a module by the name that `params.yaml` gives it.

There is no registry: one that imported every family would make every training depend on all of them.
"""

import pkgutil
from importlib import import_module
from types import ModuleType


def names(package: str) -> list[str]:
    """The modules of ``atelier.<package>``, without sub-packages and private ones.

    >>> "mnist" in names("datasets")
    True
    """
    return sorted(m.name for m in _inside(package) if not m.ispkg and not m.name.startswith("_"))


def module(package: str, name: str) -> ModuleType:
    """Import ``atelier.<package>.<name>``.

    Args:
        package: where the name belongs.
        name: of a module; dots lead into sub-packages, as in ``classifiers.images``.

    Raises:
        ValueError: there is no such module; the message lists those that there are.

    >>> module("datasets", "cifar")
    Traceback (most recent call last):
    ValueError: no 'cifar' in atelier.datasets; known are: fashion_mnist, mnist
    """
    head, _, rest = name.partition(".")
    if rest and any(m.ispkg and m.name == head for m in _inside(package)):
        return module(f"{package}.{head}", rest)
    known = names(package)
    if name not in known:
        raise ValueError(f"no {name!r} in atelier.{package}; known are: {', '.join(known)}")
    return import_module(f"atelier.{package}.{name}")


def _inside(package: str) -> list[pkgutil.ModuleInfo]:
    return list(pkgutil.iter_modules(import_module(f"atelier.{package}").__path__))
