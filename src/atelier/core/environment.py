"""Versions of the packages that influence results, as installed and as locked."""

from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

# Package: the distributions that provide it; one of them is installed.
PACKAGES = {
    **{name: (name,) for name in ("h5py", "keras", "numpy", "pandas", "pillow", "scikit-learn", "scipy", "tokenizers")},
    "tensorflow": ("tensorflow-cpu", "tensorflow"),
}


def versions() -> dict[str, str]:
    """Return the installed version of each of `PACKAGES`; raises ValueError if one is not installed."""
    return {name: _installed(distributions) for name, distributions in PACKAGES.items()}


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


def differing(installed: dict[str, str], pinned: dict[str, str]) -> list[str]:
    """Describe each package whose installed version is not the locked one: `numpy 2.1.0 (the lock says 2.3.1)`."""
    return [f"{name} {installed[name]} (the lock says {pin})" for name, pin in pinned.items() if installed[name] != pin]


def _installed(distributions: tuple[str, ...]) -> str:
    for distribution in distributions:
        with suppress(PackageNotFoundError):
            return version(distribution)
    raise ValueError(f"{' or '.join(distributions)} is not installed; `make setup` installs the locked versions")
