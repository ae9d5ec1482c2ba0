"""What a run shows of itself, now and at another commit: the pictures and texts that `sample` lists.

Pictures of real people leave no checkout: of runs on real faces nothing is copied.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from atelier.core import files

LISTING = "pictures.json"
PICTURES = (".png", ".jpg", ".jpeg", ".svg", ".gif", ".webp")
# Enough to read how a model writes, on a page that is read beside many others.
ROWS, LONGEST = 4, 400

Open = Callable[[str], bytes | None]


@dataclass(frozen=True)
class Exhibit:
    """One picture or table of texts.

    Attributes:
        name: its file, from the run's directory.
        picture: its bytes; empty for texts.
        texts: the cells of a table, its head first; empty for a picture.
    """

    name: str
    title: str
    picture: bytes = b""
    texts: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Side:
    """What one side shows of a run.

    Attributes:
        exhibits: by the name of their file.
        note: why there are none; empty where there are.
    """

    exhibits: dict[str, Exhibit]
    note: str = ""


def private(params: Mapping[str, Any], run: str) -> bool:
    """Whether a run may have seen faces of real people. Where the parameters do not say, it may have.

    >>> private({"runs": {"r": {"dataset": "celeba"}}, "datasets": {"celeba": {"source": "embedded"}}}, "r")
    False
    >>> private({"runs": {"r": {"dataset": "celeba"}}, "datasets": {"celeba": {"source": "upstream"}}}, "r")
    True
    """
    name = params.get("runs", {}).get(run, {}).get("dataset")
    dataset = params.get("datasets", {}).get(name)
    if dataset is None:
        return True
    faces = name == "celeba" or dataset.get("format") == "faces"
    return faces and dataset.get("source") != "embedded"


def read(directory: str, open_file: Open) -> Side:
    """What a directory of samples shows.

    Args:
        directory: where it is, as `open_file` takes it.
        open_file: the bytes of a file, None where it cannot be had.

    Raises:
        ValueError: its listing is not what `sample` writes.
    """
    held = open_file(f"{directory}/{LISTING}")
    if held is None:
        return Side({}, "not here: neither the workspace, the cache nor the remote has it")
    exhibits = {}
    for entry in _entries(held, f"{directory}/{LISTING}"):
        name = PurePosixPath(str(entry["file"]))
        if name.is_absolute() or ".." in name.parts:
            raise ValueError(f"{directory}/{LISTING}: got the file {str(name)!r}; allowed is a path inside {directory}")
        content = open_file(f"{directory}/{name}") if name.suffix in (*PICTURES, ".json") else None
        if content is None:
            continue
        title = str(entry.get("title", name.name))
        if name.suffix == ".json":
            exhibits[str(name)] = Exhibit(str(name), title, texts=_texts(content, f"{directory}/{name}"))
        else:
            exhibits[str(name)] = Exhibit(str(name), title, picture=content)
    return Side(exhibits, "" if exhibits else "nothing to show")


def write(folder: Path, run: str, sides: Mapping[str, Side]) -> dict[str, dict[str, str]]:
    """Write the pictures of a run, each as ``RUN/SIDE/NAME``.

    Returns:
        For each side and file the path from `folder`.
    """
    paths: dict[str, dict[str, str]] = {side: {} for side in sides}
    for side, of in sides.items():
        for name, exhibit in of.exhibits.items():
            if exhibit.picture:
                path = PurePosixPath(run, side, name)
                with files.atomic(folder / path) as temporary:
                    temporary.write_bytes(exhibit.picture)
                paths[side][name] = str(path)
    return paths


def in_workspace(root: Path) -> Open:
    """Files of the working tree."""

    def open_file(path: str) -> bytes | None:
        place = root / path
        return place.read_bytes() if place.is_file() else None

    return open_file


def at_commit(root: Path, commit: str, directories: Iterable[str]) -> dict[str, Side]:
    """What directories of samples of another commit show, from DVC's cache or the remote.

    Raises:
        ValueError: a listing is not what `sample` writes, or DVC cannot read that commit.
    """
    # Imported here: DVC takes a third of a second to load.
    from dvc.exceptions import DvcException
    from dvc.repo import Repo
    from dvc_data.index import DataIndexDirError

    try:
        with Repo(str(root), rev=commit) as repo:

            def open_file(path: str) -> bytes | None:
                try:
                    with repo.dvcfs.open(path, "rb") as file:
                        return bytes(file.read())
                # The cache lacks it, and there is no remote or it cannot be reached.
                except (OSError, DvcException, DataIndexDirError):
                    return None

            return {directory: read(directory, open_file) for directory in directories}
    except DvcException as error:
        raise ValueError(f"DVC cannot read the commit {commit[:7]}: {' '.join(str(error).split())}") from None


def _entries(held: bytes, name: str) -> list[dict[str, Any]]:
    try:
        listing = json.loads(held)
    except ValueError:
        listing = None
    if not isinstance(listing, list) or not all(
        isinstance(e, dict) and isinstance(e.get("file"), str) for e in listing
    ):
        raise ValueError(f"{name}: allowed is a list of objects with a file; `dvc repro` of its sample stage writes it")
    return listing


def _texts(content: bytes, name: str) -> tuple[tuple[str, ...], ...]:
    """The first rows of a table of texts, tokens joined, long texts cut."""
    try:
        table = json.loads(content)
        rows = [table["columns"], *([_said(cell) for cell in row["cells"]] for row in table["rows"][:ROWS])]
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{name}: allowed is a table of texts; `dvc repro` of its sample stage writes it") from None
    return tuple(tuple(str(cell) for cell in row) for row in rows)


def _said(cell: list[list[Any]]) -> str:
    text = "".join(str(piece) for piece, _ in cell).strip()
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rstrip()} …"
