"""Find the checkout that a command works on, and check the places that it writes to."""

from pathlib import Path


def root() -> Path:
    """Return the nearest directory with a `params.yaml`, from the current one upwards; `ValueError` without one."""
    start = Path.cwd().resolve()
    for directory in (start, *start.parents):
        if (directory / "params.yaml").is_file():
            return directory
    raise ValueError(f"no params.yaml in {start} or above it; run this inside a checkout of Atelier")


def require_writable(out: Path, suffixes: tuple[str, ...]) -> None:
    """Raise `ValueError` unless `out` is a file with one of the suffixes, or a folder, that can be written."""
    if out.suffix not in (*suffixes, "") or (out.suffix and out.is_dir()):
        allowed = ", ".join(f"a {suffix}" for suffix in suffixes)
        raise ValueError(f"{out}: cannot write there; allowed are {allowed} or a folder (a name without suffix)")
    require_parent(out)
    if not out.suffix and out.is_file():
        raise ValueError(f"{out}: there is a file with the name of that folder")


def require_parent(out: Path) -> None:
    """Raise `ValueError` unless the folder exists in which `out` will be written."""
    if not out.absolute().parent.is_dir():
        raise ValueError(f"{out}: the folder {out.absolute().parent} does not exist; make it first")
