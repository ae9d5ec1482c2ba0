"""Read the pictures and texts that the stage `sample` lists, from the working tree or from another commit.

Pictures that may show real people, and a person's own, are never copied out of a checkout.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Any

from atelier.core import files, lookup
from atelier.workflow import dvc_repo

LISTING = "pictures.json"
PICTURES = (".png", ".jpg", ".jpeg", ".svg", ".gif", ".webp")
# Of a table of texts: enough to judge a model on a page with many runs.
MAX_ROWS, MAX_LENGTH = 4, 400
# Formats of what may show real people, or what a person may not pass on.
PRIVATE = ("faces", "pictures", "texts")

Open = Callable[[str], bytes | None]


@dataclass(frozen=True)
class Exhibit:
    """One picture or one table of texts.

    Attributes:
        picture: the bytes of its file; empty for texts.
        texts: the rows of a table, its head first; empty for a picture.
    """

    title: str
    picture: bytes = b""
    texts: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Side:
    """The samples of a run on one side of a comparison.

    Attributes:
        exhibits: by the path of their file, relative to the run's directory.
        note: why there are none; empty if there are.
    """

    exhibits: dict[str, Exhibit]
    note: str = ""


def private(params: Mapping[str, Any], run: str) -> bool:
    """Return whether a run may have seen pictures that nobody may show: faces of real people, or a person's own.

    It is True if the parameters do not say.

    >>> params = {"runs": {"r": {"dataset": "celeba"}}, "datasets": {"celeba": {"kind": "celeba"}}}
    >>> [private(params | {"downloads": {"celeba": {"source": source}}}, "r") for source in ("embedded", "upstream")]
    [False, True]
    """
    name = params.get("runs", {}).get(run, {}).get("dataset")
    dataset = params.get("datasets", {}).get(name)
    if dataset is None:
        return True
    # Earlier parameters had source and format in the section of the dataset, and no kind.
    source = params.get("downloads", {}).get(name, dataset).get("source")
    return (dataset.get("format") or _format(dataset.get("kind"))) in PRIVATE and source != "embedded"


def _format(kind: Any) -> str:
    """Return the format of a kind of dataset; that of faces for an unknown kind."""
    return import_module(f"atelier.datasets.{kind}").FORMAT if kind in lookup.names("datasets", "source") else "faces"


def read(directory: str, open_file: Open) -> Side:
    """Read a directory of samples with a function that returns the bytes of a file, or None if it is not available."""
    content = open_file(f"{directory}/{LISTING}")
    if content is None:
        return Side({}, "not available: neither the workspace, the cache nor the remote has it")
    exhibits = {}
    for entry in _entries(content, f"{directory}/{LISTING}"):
        name = PurePosixPath(str(entry["file"]))
        if name.is_absolute() or ".." in name.parts:
            raise ValueError(f"{directory}/{LISTING}: got the file {str(name)!r}; allowed is a path inside {directory}")
        content = open_file(f"{directory}/{name}") if name.suffix in (*PICTURES, ".json") else None
        if content is None:
            continue
        title = str(entry.get("title", name.name))
        if name.suffix == ".json":
            exhibits[str(name)] = Exhibit(title, texts=_texts(content, f"{directory}/{name}"))
        else:
            exhibits[str(name)] = Exhibit(title, picture=content)
    return Side(exhibits, "" if exhibits else "nothing to show")


def write(folder: Path, run: str, sides: Mapping[str, Side]) -> dict[str, dict[str, str]]:
    """Write the pictures of a run, and return for each side and file the path, ``RUN/SIDE/FILE``, in `folder`."""
    paths: dict[str, dict[str, str]] = {side: {} for side in sides}
    for side, shown in sides.items():
        for name, exhibit in shown.exhibits.items():
            if exhibit.picture:
                path = PurePosixPath(run, side, name)
                with files.atomic(folder / path) as temporary:
                    temporary.write_bytes(exhibit.picture)
                paths[side][name] = str(path)
    return paths


def in_workspace(root: Path) -> Open:
    """Return a function that opens files of the working tree, for `read`."""
    return lambda path: (root / path).read_bytes() if (root / path).is_file() else None


@contextmanager
def files_at(root: Path, commit: str) -> Iterator[Open]:
    """Yield a function that opens files of another commit, from DVC's cache or the remote, for `read`."""
    with dvc_repo.opened(root, commit) as repo:
        from dvc.exceptions import DvcException
        from dvc_data.index import DataIndexDirError

        def open_file(path: str) -> bytes | None:
            try:
                with repo.dvcfs.open(path, "rb") as file:
                    return bytes(file.read())
            # The cache lacks it, and there is no remote or it cannot be reached.
            except (OSError, DvcException, DataIndexDirError):
                return None

        yield open_file


def at_commit(root: Path, commit: str, directories: Iterable[str]) -> dict[str, Side]:
    """Read directories of samples at another commit."""
    with files_at(root, commit) as open_file:
        return {directory: read(directory, open_file) for directory in directories}


def _entries(content: bytes, name: str) -> list[dict[str, Any]]:
    try:
        listing = json.loads(content)
    except ValueError:
        listing = None
    entries: list[Any] = listing if isinstance(listing, list) else [None]
    if not all(isinstance(entry, dict) and isinstance(entry.get("file"), str) for entry in entries):
        raise ValueError(f"{name}: allowed is a list of objects with a file; `dvc repro` of its sample stage writes it")
    return entries


def _texts(content: bytes, name: str) -> tuple[tuple[str, ...], ...]:
    """Return the first rows of a table of texts, with tokens joined and long texts cut."""
    try:
        table = json.loads(content)
        rows = [table["columns"], *([_joined(cell) for cell in row["cells"]] for row in table["rows"][:MAX_ROWS])]
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{name}: allowed is a table of texts; `dvc repro` of its sample stage writes it") from None
    return tuple(tuple(str(cell) for cell in row) for row in rows)


def _joined(cell: list[list[Any]]) -> str:
    text = "".join(str(token) for token, _ in cell).strip()
    return text if len(text) <= MAX_LENGTH else f"{text[:MAX_LENGTH].rstrip()} …"
