"""Read a mirror: a directory or an http(s) prefix with ``<dataset>/<file>`` and a ``manifest.json`` of checksums.

    {"datasets": {"mnist": {"files": {"train-images-idx3-ubyte.gz": {"bytes": 9912422, "sha256": "440f…"}}}}}

A mirror may hold a subset of the data or archives that were packed again, so its checksums may differ from upstream's.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from urllib.request import url2pathname

from atelier.core import files
from atelier.datasets import raw_files
from atelier.datasets.download.display import Display
from atelier.datasets.download.remote import RemoteFile
from atelier.datasets.download.request import Client, document, public_url
from atelier.datasets.download.retry import HostRefused
from atelier.params.strict import require_mapping

VARIABLE = "ATELIER_MIRROR"
_MANIFEST = "manifest.json"


def locate(value: str | None) -> Path | str:
    """Parse the value of ``ATELIER_MIRROR``: return a directory, or an http(s) prefix without a final slash."""
    if not value:
        raise ValueError(f"source: mirror needs {VARIABLE}: a directory or an http(s) prefix that holds {_MANIFEST}")
    scheme = urlsplit(value).scheme if "://" in value else ""
    if scheme in ("http", "https"):
        return value.rstrip("/")
    if scheme not in ("file", ""):
        raise ValueError(f"{VARIABLE}: got {value!r}; a directory or an http(s) prefix is expected")
    path = Path(url2pathname(urlsplit(value).path)) if scheme else Path(value).expanduser()
    if not path.is_dir():
        raise ValueError(f"{VARIABLE}: no directory {path}")
    return path


def pinned_files(
    client: Client, mirror: Path | str, dataset: str, upstream_files: tuple[RemoteFile, ...]
) -> tuple[RemoteFile, ...]:
    """Return upstream's files with the mirror's names, lengths, checksums and URLs; report each one that differs."""
    where = f"{mirror if isinstance(mirror, Path) else public_url(mirror)}/{_MANIFEST}"
    listed = _listed_files(_manifest(client, mirror, where), where, dataset)
    found = []
    for upstream in upstream_files:
        key = f"{where}: datasets.{dataset}.files"
        name = next((name for name in raw_files.names(upstream.name) if name in listed), None)
        if name is None:
            has = ", ".join(listed) or "nothing"
            raise ValueError(f"{where}: {dataset} has no {upstream.name}; it has: {has}")
        entry = require_mapping(listed[name], f"{key}.{name}")
        size, sha256 = entry.get("bytes"), entry.get("sha256")
        if type(size) is not int or not isinstance(sha256, str):
            raise ValueError(f'{key}.{name}: got {entry}; {{"bytes": a number, "sha256": a text}} is expected')
        urls = () if isinstance(mirror, Path) else (f"{mirror}/{quote(dataset)}/{quote(name)}",)
        try:
            found.append(RemoteFile(name, size, sha256.lower(), urls))
        except ValueError as error:
            raise ValueError(f"{key}: {error}") from None
        # The checksums cannot be compared if upstream is pinned by MD5.
        differs = sha256.lower() != upstream.sha256 if upstream.sha256 else upstream.bytes not in (size, None)
        if differs:
            sizes = f"{size:,} bytes" + (f", upstream's {upstream.bytes:,}" if upstream.bytes is not None else "")
            client.display.note(f"{name} of this mirror is not upstream's ({sizes}); the mirror's checksum is used")
    return tuple(found)


def copy(file: RemoteFile, dataset: str, directory: Path, folder: Path, display: Display) -> None:
    """Copy `file` from a mirror's directory into `folder` and verify the copy."""
    source = directory / dataset / file.name
    if not source.is_file():
        there = raw_files.content(source.parent)
        raise ValueError(
            f"{source}: not there, although the mirror's {_MANIFEST} lists it; the folder contains {there}"
        )
    with display.file(file.name, file.bytes):
        with files.atomic(folder / file.name) as temporary:
            # copyfile does not copy the mode: a mirror is often read-only.
            shutil.copyfile(source, temporary)
            size = temporary.stat().st_size
            if not file.matches(temporary):
                came = f"{size:,} bytes, SHA-256 {files.sha256(temporary)}"
                raise ValueError(f"{source}: {came}; {_MANIFEST} says {file.bytes:,} bytes, {file.checksum}")
        display.complete(file.name, size, f"from {source}")


def _manifest(client: Client, mirror: Path | str, where: str) -> Any:
    if isinstance(mirror, Path):
        path = mirror / _MANIFEST
        if not path.is_file():
            raise ValueError(f"{where}: not there; a mirror holds {_MANIFEST} and <dataset>/<file>")
        body = path.read_bytes()
    else:
        try:
            body = client.policy.run(
                lambda: document(client, f"{mirror}/{_MANIFEST}"),
                lambda text: client.display.note(f"{where}: {text}"),
            )
        except HostRefused as refusal:
            raise ValueError(f"{VARIABLE}: {where}: {refusal}") from None
    try:
        # From bytes, because it may begin with a byte-order mark.
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{where} is not JSON: {error}") from None


def _listed_files(manifest: Any, where: str, dataset: str) -> Mapping[str, Any]:
    """Return what the manifest lists for `dataset`: an entry per file name."""
    datasets = require_mapping(require_mapping(manifest, where).get("datasets"), f"{where}: datasets")
    if dataset not in datasets:
        raise ValueError(f"{where}: no dataset {dataset!r}; it has: {', '.join(datasets) or 'none'}")
    key = f"{where}: datasets.{dataset}"
    return require_mapping(require_mapping(datasets[dataset], key).get("files"), f"{key}.files")
