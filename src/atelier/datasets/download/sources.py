"""A dataset's raw folder, whole, from the source that `params.yaml` names and from no other."""

import glob
import os
import shutil
from pathlib import Path

import requests

from atelier.core import files
from atelier.datasets.transfer import mirror as mirrors
from atelier.datasets.transfer.display import Display
from atelier.datasets.transfer.hosts import download
from atelier.datasets.transfer.remote import RemoteFile
from atelier.datasets.transfer.retry import Patience

RECORD = "source.json"


def fetch(
    dataset: str,
    source: str,
    wanted: tuple[RemoteFile, ...],
    out: Path,
    partial: Path,
    mirror: str | None = None,
    patience: Patience | None = None,
) -> None:
    """Make the folder `out` of verified files and their record, or leave it untouched.

    Args:
        dataset: its name, which is also its folder in a mirror.
        source: ``upstream`` or ``mirror``.
        wanted: the files, as upstream pins them.
        out: the raw folder; it appears when all files are there.
        partial: a folder that survives an interruption: files wait and are continued there.
        mirror: the value of ``ATELIER_MIRROR``; used only with ``source: mirror``.
        patience: time-outs and retries.

    Raises:
        DownloadError: no host gave one of the files.
        ValueError: the source is unknown, or the mirror or its manifest does not serve.
        OSError: a folder cannot be written.
    """
    patience = patience or Patience()
    partial.mkdir(parents=True, exist_ok=True)
    with requests.Session() as session, Display(dataset) as show:
        session.headers["User-Agent"] = "atelier"
        match source:
            case "upstream":
                for file in wanted:
                    download(session, dataset, file, partial, patience, show)
            case "mirror":
                place = mirrors.locate(mirror)
                for file in mirrors.pinned(session, place, dataset, wanted, patience, show):
                    if place.directory:
                        mirrors.copy(file, dataset, place.directory, partial, show)
                    else:
                        download(session, dataset, file, partial, patience, show)
            case _:
                raise ValueError(f"datasets.{dataset}.source: got {source!r}; upstream and mirror are fetched")
    names = [file.name for file in wanted]
    with files.atomic_directory(out) as folder:
        for name in names:
            _link(partial / name, folder / name)
        record(folder, dataset, source)
    _clear(partial, names)


def record(folder: Path, dataset: str, source: str) -> None:
    """Write ``source.json`` into a raw folder: which source its files are from, and what they are.

    It holds neither times nor addresses: the same files from the same source are the same bytes.
    """
    held = sorted(path for path in folder.iterdir() if path.name != RECORD)
    listed = {path.name: {"bytes": path.stat().st_size, "sha256": files.sha256(path)} for path in held}
    files.write_json(folder / RECORD, {"dataset": dataset, "source": source, "files": listed})


def _link(source: Path, target: Path) -> None:
    """Put a finished file into another folder, and keep it where it is until that folder is whole."""
    try:
        os.link(source, target)
    except OSError:
        # Another file system, or one without hard links. A disk that is full says so again here.
        shutil.copyfile(source, target)


def _clear(partial: Path, names: list[str]) -> None:
    """Remove our own files, and the folder if nothing else is in it."""
    for name in names:
        for path in (partial / name, *partial.glob(f"{glob.escape(name)}.part*")):
            path.unlink(missing_ok=True)
    if not any(partial.iterdir()):
        partial.rmdir()
