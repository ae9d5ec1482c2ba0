"""Versions of the packages that influence results, as installed and as locked."""

import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from atelier.core import files

# Package: the distributions that provide it; one of them is installed.
PACKAGES = {
    **{name: (name,) for name in ("h5py", "keras", "numpy", "pandas", "pillow", "scikit-learn", "scipy", "tokenizers")},
    "tensorflow": ("tensorflow-cpu", "tensorflow"),
}
# Package: its module, if the name differs.
_MODULES = {"pillow": "PIL", "scikit-learn": "sklearn"}


def versions() -> dict[str, str]:
    """Return the version of each of `PACKAGES` as Python imports it.

    Raises:
        ValueError: a package is not installed, or Python imports another copy of it, for example from `PYTHONPATH`.
    """
    return {name: _version(name) for name in PACKAGES}


def check(path: Path) -> None:
    """Compare the packages with the versions that the stage `environment` wrote; ValueError if they differ."""
    if not path.is_file():
        raise ValueError(f"{path} is missing; `dvc repro environment` writes it")
    if changed := differing(versions(), files.read_record(path), str(path)):
        raise ValueError(f"installed: {', '.join(changed)}; `make setup` installs what the lock pins")


def locked(lock: Path) -> dict[str, str]:
    """Return the version of each of `PACKAGES` that a requirement lock pins for this Python and platform."""
    pins: dict[str, str] = {}
    for line in lock.read_text(encoding="utf-8").splitlines():
        if "==" in line and not line.startswith((" ", "#", "-")):
            try:
                requirement = Requirement(line.rstrip("\\ "))
            except InvalidRequirement as error:
                raise ValueError(f"{lock}: {error}") from None
            if requirement.marker is None or requirement.marker.evaluate():
                pins[requirement.name.lower()] = str(requirement.specifier).removeprefix("==")
    found = {name: next(filter(None, map(pins.get, keys)), "") for name, keys in PACKAGES.items()}
    if missing := [name for name, pin in found.items() if not pin]:
        raise ValueError(f"{lock}: pins no version of {', '.join(missing)} for this Python; `make lock` compiles it")
    return found


def differing(installed: dict[str, str], expected: dict[str, str], source: str = "the lock") -> list[str]:
    """Describe each package whose installed version is not the expected one: `numpy 2.1.0 (the lock says 2.3.1)`."""
    return [
        f"{name} {version} ({source} says {expected.get(name)})"
        for name, version in installed.items()
        if expected.get(name) != version
    ]


def _version(package: str) -> str:
    found = next(_installed(package), None)
    if found is None:
        names = " or ".join(PACKAGES[package])
        raise ValueError(f"{names} is not installed; `make setup` installs the locked versions")
    module = _MODULES.get(package, package)
    imported = _origin(module)
    if not imported.resolve().is_relative_to(Path(str(found.locate_file(""))).resolve()):
        raise ValueError(
            f"{module} is imported from {imported.parent}, which is not the installed {package} {found.version}; "
            "remove that directory from PYTHONPATH"
        )
    return found.version


def _installed(package: str) -> Iterator[Distribution]:
    for name in PACKAGES[package]:
        try:
            yield distribution(name)
        except PackageNotFoundError:
            continue


def _origin(module: str) -> Path:
    """Find the file that Python has imported, or would import, as a module."""
    if module in sys.modules:
        return Path(str(sys.modules[module].__file__))
    spec = PathFinder.find_spec(module)
    return Path(spec.origin if spec and spec.origin else module)
