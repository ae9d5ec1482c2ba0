"""A mirror: a directory or an http(s) prefix that holds ``<dataset>/<file>`` and ``manifest.json``.

    {"datasets": {"mnist": {"files": {"train-images-idx3-ubyte.gz": {"bytes": 9912422, "sha256": "440f…"}}}}}

Its manifest pins its files. They may be fewer or packed anew, so they need not be upstream's.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from urllib.request import url2pathname

import requests

from atelier.core import files
from atelier.datasets.transfer.display import Display
from atelier.datasets.transfer.remote import RemoteFile
from atelier.datasets.transfer.request import address, document
from atelier.datasets.transfer.retry import Patience, Refused, persist

VARIABLE = "ATELIER_MIRROR"
_MANIFEST = "manifest.json"
_MANIFEST_LIMIT = 16 << 20


@dataclass(frozen=True)
class Mirror:
    """Where a mirror is: exactly one of the two is set."""

    directory: Path | None
    prefix: str | None

    def __str__(self) -> str:
        return str(self.directory) if self.directory else address(self.prefix or "")


def locate(value: str | None) -> Mirror:
    """Read the value of ``ATELIER_MIRROR``: a path, a ``file://`` URL or an http(s) prefix.

    Raises:
        ValueError: it is missing, no directory is there, or it is a URL of another kind.
    """
    if not value:
        raise ValueError(f"source: mirror needs {VARIABLE}: a directory or an http(s) prefix that holds {_MANIFEST}")
    scheme = urlsplit(value).scheme if "://" in value else ""
    match scheme:
        case "http" | "https":
            return Mirror(None, value.rstrip("/"))
        case "file" | "":
            path = Path(url2pathname(urlsplit(value).path)) if scheme else Path(value).expanduser()
            if not path.is_dir():
                raise ValueError(f"{VARIABLE}: no directory {path}")
            return Mirror(path, None)
        case _:
            raise ValueError(f"{VARIABLE}: got {value!r}; a directory or an http(s) prefix is expected")


def pinned(
    session: requests.Session,
    mirror: Mirror,
    dataset: str,
    wanted: tuple[RemoteFile, ...],
    patience: Patience,
    show: Display,
) -> tuple[RemoteFile, ...]:
    """The wanted files as the mirror has them: its lengths, its checksums, its addresses.

    A file that is not upstream's is told in one line.

    Raises:
        ValueError: the manifest is not there or malformed, or does not list the dataset or one of the files.
    """
    where = f"{mirror}/{_MANIFEST}"
    listed = _files(_manifest(session, mirror, where, patience, show), dataset, where)
    found = []
    for upstream in wanted:
        if upstream.name not in listed:
            raise ValueError(f"{where}: {dataset} has no {upstream.name}; it has: {', '.join(listed) or 'nothing'}")
        length, sha256 = listed[upstream.name]
        urls = (f"{mirror.prefix}/{quote(dataset)}/{quote(upstream.name)}",) if mirror.prefix else ()
        found.append(RemoteFile(upstream.name, length, sha256, urls))
        if not _same(upstream, length, sha256):
            lengths = f"{length:,} bytes" + (f", upstream's {upstream.bytes:,}" if upstream.bytes is not None else "")
            show.note(f"{upstream.name} of this mirror is not upstream's ({lengths}); the mirror's manifest counts")
    return tuple(found)


def _same(upstream: RemoteFile, length: int, sha256: str) -> bool:
    """Whether the mirror's file may be upstream's: where upstream is pinned by MD5, its length has to tell."""
    return sha256 == upstream.sha256 if upstream.sha256 else upstream.bytes in (length, None)


def copy(file: RemoteFile, dataset: str, directory: Path, folder: Path, show: Display) -> None:
    """Copy `file` from a mirror's directory into `folder` and verify the copy.

    Raises:
        ValueError: the file is not there, or is not what the manifest says.
    """
    source, whole = directory / dataset / file.name, folder / file.name
    if file.is_at(whole):
        show.kept(file.name, whole.stat().st_size)
        return
    if not source.is_file():
        raise ValueError(f"{source}: not there, although the mirror's {_MANIFEST} lists it")
    with show.file(file.name, file.bytes), files.atomic(whole) as temporary:
        # copyfile and not copy: a mirror is often read-only, and its modes are no part of the data.
        shutil.copyfile(source, temporary)
        if not file.is_at(temporary):
            length = f"{temporary.stat().st_size:,} bytes"
            expected = f"{file.bytes:,} bytes with SHA-256 {file.sha256}"
            raise ValueError(f"{source}: {length}, SHA-256 {files.sha256(temporary)}; {_MANIFEST} says {expected}")
        size = temporary.stat().st_size
        show.position(size)
    show.arrived(file.name, size, f"from {source}")


def _manifest(session: requests.Session, mirror: Mirror, where: str, patience: Patience, show: Display) -> Any:
    if mirror.directory:
        path = mirror.directory / _MANIFEST
        if not path.is_file():
            raise ValueError(f"{where}: not there; a mirror holds {_MANIFEST} and <dataset>/<file>")
        return files.read_json(path)
    url = f"{mirror.prefix}/{_MANIFEST}"
    try:
        body = persist(
            lambda: document(session, url, _MANIFEST_LIMIT, patience),
            patience,
            lambda trouble: show.note(f"{where}: {trouble}"),
        )
        return json.loads(body)
    except Refused as refusal:
        raise ValueError(f"{VARIABLE}: {where}: {refusal}") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{where} is not JSON: {error}") from None


def _files(manifest: Any, dataset: str, where: str) -> dict[str, tuple[int, str]]:
    """What the manifest says of a dataset's files: ``{name: (bytes, sha256)}``."""
    datasets = _mapping(_mapping(manifest, where, "the whole").get("datasets"), where, "datasets")
    if dataset not in datasets:
        raise ValueError(f"{where}: no dataset {dataset!r}; it has: {', '.join(datasets) or 'none'}")
    path = f"datasets.{dataset}"
    listed = _mapping(_mapping(datasets[dataset], where, path).get("files"), where, f"{path}.files")
    found = {}
    for name, value in listed.items():
        entry = _mapping(value, where, f"{path}.files.{name}")
        length, sha256 = entry.get("bytes"), entry.get("sha256")
        if type(length) is not int or not isinstance(sha256, str):
            raise ValueError(f'{where}: {path}.files.{name}: {{"bytes": a number, "sha256": a text}} is expected')
        try:
            RemoteFile(name, length, sha256, ())
        except ValueError as error:
            raise ValueError(f"{where}: {path}.files: {error}") from None
        found[name] = (length, sha256)
    return found


def _mapping(value: Any, where: str, path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{where}: {path}: got {value!r:.60}; a mapping is expected")
    return value
