"""Where the project is that a command works on."""

from pathlib import Path


def root(start: Path | None = None) -> Path:
    """The nearest directory with a `params.yaml`, from `start` (the current directory) upwards.

    Raises:
        ValueError: there is none.
    """
    start = (start or Path.cwd()).resolve()
    for directory in (start, *start.parents):
        if (directory / "params.yaml").is_file():
            return directory
    raise ValueError(f"no params.yaml in {start} or above it; run this inside a checkout of Atelier")
