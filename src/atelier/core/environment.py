"""The packages whose versions decide numbers."""

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

# name: the distributions that bring it, one of which is installed.
PACKAGES = {
    "h5py": ("h5py",),
    "keras": ("keras",),
    "numpy": ("numpy",),
    "pandas": ("pandas",),
    "pillow": ("pillow",),
    "scikit-learn": ("scikit-learn",),
    "scipy": ("scipy",),
    "tensorflow": ("tensorflow-cpu", "tensorflow"),
    "tokenizers": ("tokenizers",),
}


def versions() -> dict[str, str]:
    """The installed version of each of `PACKAGES`.

    Raises:
        ValueError: one is not installed.
    """
    return {name: _installed(distributions) for name, distributions in PACKAGES.items()}


def locked(lock: Path) -> dict[str, str]:
    """The version of each of `PACKAGES` that a requirement lock pins for this Python on this platform.

    Raises:
        ValueError: the lock pins none for one of them.
    """
    pins: dict[str, str] = {}
    for line in lock.read_text(encoding="utf-8").splitlines():
        if "==" in line and not line.startswith((" ", "#", "-")):
            try:
                requirement = Requirement(line.rstrip("\\ "))
            except InvalidRequirement as error:
                raise ValueError(f"{lock}: {error}") from None
            if requirement.marker is None or requirement.marker.evaluate():
                pins[requirement.name.lower()] = str(requirement.specifier).removeprefix("==")
    found = {
        name: next((pins[distribution] for distribution in distributions if distribution in pins), None)
        for name, distributions in PACKAGES.items()
    }
    if missing := [name for name, pin in found.items() if pin is None]:
        raise ValueError(f"{lock}: pins no version of {', '.join(missing)} for this Python; `make lock` compiles it")
    return {name: pin for name, pin in found.items() if pin is not None}


def differing(installed: dict[str, str], pinned: dict[str, str]) -> list[str]:
    """What is installed in another version than the lock's: `numpy 2.1.0 (the lock says 2.3.1)`."""
    return [f"{name} {installed[name]} (the lock says {pin})" for name, pin in pinned.items() if installed[name] != pin]


def _installed(distributions: Iterable[str]) -> str:
    for distribution in distributions:
        try:
            return version(distribution)
        except PackageNotFoundError:
            continue
    raise ValueError(f"{' or '.join(distributions)} is not installed; `make setup` installs what the lock says")
