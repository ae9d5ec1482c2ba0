"""Open a foreign file as data: the configuration of its network, and its weights file. Nothing in it is executed.

The content is hashed before anything in it is parsed, and the same bytes are parsed that were hashed.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from atelier.families.adopted.params import Foreign

MAX_BYTES = 4 << 30
MAX_JSON = 16 << 20
MAX_FILES = 1000
WEIGHTS = "model.weights.h5"
HELP = "save the model with `model.save('NAME.keras')`"


@dataclass(frozen=True)
class Opened:
    """A foreign file.

    Attributes:
        config: of the network, as Keras wrote it: `class_name` and `config`.
        version: of the Keras that wrote it; empty if unknown.
        weights: the open HDF5 file of weights.
        legacy: whether weights are grouped by the names of layers (HDF5), or as in a `.keras` archive.
        size: of the weights file in bytes.
    """

    path: Path
    config: dict[str, Any]
    version: str
    weights: h5py.File
    legacy: bool
    size: int


@contextmanager
def opened(foreign: Foreign) -> Iterator[Opened]:
    """Open the file of a network.

    Raises:
        ValueError: it is missing, has another digest, or contains no network as data; the message says what helps.
    """
    path = Path(foreign.file)
    content = _read(path, foreign.sha256)
    try:
        if content[:8] == b"\x89HDF\r\n\x1a\n":
            with h5py.File(io.BytesIO(content), "r") as file:
                yield _legacy(path, file, len(content))
        elif content[:4] == b"PK\x03\x04":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                config = _json(_member(archive, "config.json", MAX_JSON, path), f"{path}: config.json")
                metadata = _json(_member(archive, "metadata.json", MAX_JSON, path), f"{path}: metadata.json")
                weights = _member(archive, WEIGHTS, 2 * len(content), path)
            with h5py.File(io.BytesIO(weights), "r") as file:
                yield Opened(path, config, str(metadata.get("keras_version", "")), file, False, len(weights))
        else:
            raise ValueError(f"{path}: {_foreign(content)}; allowed are .keras and HDF5 files of whole models: {HELP}")
    except zipfile.BadZipFile as error:
        raise ValueError(f"{path} is no complete .keras archive: {error}") from None
    except (OSError, RuntimeError, KeyError) as error:
        # HDF5's message begins with the call that failed; the reason is in parentheses.
        reason = " ".join(str(error).split()).partition("(")[2].rstrip(")") or str(error)
        raise ValueError(f"{path} is no complete HDF5 file: {reason}") from None


def _read(path: Path, digest: str) -> bytes:
    if not path.is_file():
        raise ValueError(
            f"{path} is missing; the path is relative to the checkout; copy the file there or bring it with "
            "`dvc import-url`, or fetch it with `dvc pull` if it is tracked"
        )
    if (size := path.stat().st_size) > MAX_BYTES:
        raise ValueError(f"{path} has {size} bytes; allowed are at most {MAX_BYTES}")
    content = path.read_bytes()
    if (found := hashlib.sha256(content).hexdigest()) != digest:
        raise ValueError(f"sha256: got {digest}; that of {path} is {found}: use this value if you trust the file")
    return content


def saved_model(foreign: Foreign) -> dict[str, bytes]:
    """Read the files of a SavedModel, a directory, by their relative paths.

    Raises:
        ValueError: it has another digest, or contains something else than files.
    """
    path = Path(foreign.file)
    if not (path / "saved_model.pb").is_file():
        raise ValueError(f"{path} is a directory without saved_model.pb, so it is no SavedModel; {HELP}")
    found, size = [], 0
    for each in path.rglob("*"):
        if each.is_symlink() or not (each.is_file() or each.is_dir()):
            raise ValueError(f"{each} is a link or something else than a file; links are not followed")
        if each.is_file():
            found.append(each)
            size += each.stat().st_size
        if len(found) > MAX_FILES or size > MAX_BYTES:
            raise ValueError(f"{path} has more than {MAX_FILES} files or {MAX_BYTES} bytes")
    content = {each.relative_to(path).as_posix(): each.read_bytes() for each in found}
    if (came := directory_digest(content)) != foreign.sha256:
        raise ValueError(
            f"sha256: got {foreign.sha256}; that of the digests of all files in {path} is {came}: use this value if "
            "you trust the directory"
        )
    return content


def directory_digest(content: Mapping[str, bytes]) -> str:
    """Return the SHA-256 of what `find . -type f | LC_ALL=C sort | xargs sha256sum` prints in a directory.

    >>> directory_digest({"b/c": b"1", "a": b""})[:16]
    'd13ab4bc015b5d5f'
    """
    lines = (f"{hashlib.sha256(content[name]).hexdigest()}  ./{name}\n" for name in sorted(content, key=str.encode))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _legacy(path: Path, file: h5py.File, size: int) -> Opened:
    if "model_config" not in file.attrs:
        raise ValueError(f"{path} contains weights without the architecture of the network; {HELP}")
    version = "".join(attribute(file, "keras_version"))
    config = _json("".join(attribute(file, "model_config")), f"{path}: model_config")
    return Opened(path, config, version, file, True, size)


def attribute(holder: Any, name: str) -> list[str]:
    """Return an attribute of an HDF5 file or group as a list of texts; none if there is no such attribute."""
    try:
        value = np.ravel(holder.attrs.get(name, [])).tolist()
    except TypeError as error:
        raise ValueError(f"the attribute {name} has a type that is not text: {error}") from None
    return [item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item) for item in value]


def _member(archive: zipfile.ZipFile, name: str, most: int, path: Path) -> bytes:
    """Read a member of the archive, at most `most` bytes of it."""
    if name not in archive.namelist():
        raise ValueError(f"{path} is no .keras archive: it has no {name}; {HELP}")
    if (size := archive.getinfo(name).file_size) > most:
        raise ValueError(f"{path}: {name} has {size} bytes; allowed are at most {most}")
    with archive.open(name) as member:
        content = member.read(most + 1)
    if len(content) > most:
        raise ValueError(f"{path}: {name} has more bytes than the archive says")
    return content


def _json(text: str | bytes, name: str) -> dict[str, Any]:
    if len(text) > MAX_JSON:
        raise ValueError(f"{name} has {len(text)} bytes; allowed are at most {MAX_JSON}")
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError(f"{name} is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"{name} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise ValueError(f"{name}: got {type(value).__name__}; allowed is an object")
    return value


def _foreign(content: bytes) -> str:
    """Say what another file is."""
    if content[4:8] == b"TFL3":
        return "a TensorFlow Lite file, whose weights are merged into its graph"
    if content[:1] == b"\x80" or content[:2] == b"(d":
        return "a pickle, which could run any code"
    if content.lstrip()[:1] == b"{":
        return "JSON without weights"
    return f"a file that begins with {content[:8]!r}"
