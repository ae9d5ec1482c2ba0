"""Download the raw folder of a dataset from the source that `params.yaml` names."""

import glob
import os
import shutil
from pathlib import Path

import requests

from atelier.core import files
from atelier.datasets.download import mirror as mirrors
from atelier.datasets.download import record
from atelier.datasets.download.display import Display
from atelier.datasets.download.hosts import download
from atelier.datasets.download.remote import RemoteFile
from atelier.datasets.download.request import Client
from atelier.datasets.download.retry import RetryPolicy


def fetch(
    dataset: str,
    source: str,
    wanted: tuple[RemoteFile, ...],
    out: Path,
    partial: Path,
    mirror: str | None = None,
    policy: RetryPolicy | None = None,
) -> None:
    """Write the folder `out` with the verified files and their record when all are complete.

    Args:
        dataset: its name, which is also its folder in a mirror.
        source: ``upstream`` or ``mirror``.
        wanted: the files, with upstream's checksums.
        out: the raw folder.
        partial: a folder that survives an interruption; downloads are continued there.
        mirror: the value of ``ATELIER_MIRROR``, used only with the source ``mirror``.
        policy: time-outs and retries.

    Raises:
        DownloadError: no host served one of the files.
        ValueError: the source is unknown, or the mirror or its manifest cannot be used.
    """
    if source not in ("upstream", "mirror"):
        raise ValueError(f"downloads.{dataset}.source: got {source!r}; allowed here is upstream or mirror")
    partial.mkdir(parents=True, exist_ok=True)
    display = Display(dataset)
    with requests.Session() as session, display.bars:
        session.headers["User-Agent"] = "atelier"
        client = Client(session, policy or RetryPolicy(), display)
        place = mirrors.locate(mirror) if source == "mirror" else None
        pinned = wanted if place is None else mirrors.pinned_files(client, place, dataset, wanted)
        for file in pinned:
            if file.matches(partial / file.name):
                display.kept(file.name, (partial / file.name).stat().st_size)
            elif isinstance(place, Path):
                mirrors.copy(file, dataset, place, partial, display)
            else:
                download(client, dataset, file, partial)
    names = [file.name for file in pinned]
    with files.atomic_directory(out) as folder:
        for name in names:
            try:
                os.link(partial / name, folder / name)
            except OSError:
                # Another file system, or one without hard links. A full disk raises again here.
                shutil.copyfile(partial / name, folder / name)
        record.write(folder, dataset, source)
    for name in names:
        for path in (partial / name, *partial.glob(f"{glob.escape(name)}.part*")):
            path.unlink(missing_ok=True)
    if not any(partial.iterdir()):
        partial.rmdir()
