"""Files and directories that appear complete or not at all: written under a temporary name, then renamed.

They are on the disk before they get their name, so that a power cut leaves the old content or the new one.
"""

import errno
import hashlib
import json
import os
import re
import shutil
import struct
import tempfile
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

# What helps if a result on the disk is damaged.
RESTORE = "restore it with `dvc checkout --force`, or remove it and run `dvc repro`"

_NPY = b"\x93NUMPY"
# What NumPy, `zipfile` and `zlib` raise for damaged content.
_BROKEN = (
    *(ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, OSError, RuntimeError, SyntaxError),
    *(TypeError, ValueError, struct.error, tokenize.TokenError, zipfile.BadZipFile, zlib.error),
)

# What NumPy and HDF5 say of a disk that is full, without its error number.
_FULL = re.compile(r"requested and \d+ written|errno = (27|28|122)\b|No space left on device")


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary path with the same suffix, and rename it to `path` if the block raises no error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=f".{path.name}")
    os.close(handle)
    temporary = Path(name)
    try:
        with _named(path, temporary):
            yield temporary
        temporary.chmod(0o666 & ~_umask())
        _replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_directory(path: Path) -> Iterator[Path]:
    """Yield a temporary directory, and replace `path`, or what it is a link to, by it if the block raises no error."""
    path = through_link(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}-"))
    try:
        with _named(path, temporary):
            yield temporary
        temporary.chmod(0o777 & ~_umask())
        if path.exists():
            shutil.rmtree(path)
        _replace(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def through_link(path: Path) -> Path:
    """Return what a symbolic link names, so that writing there keeps a person's link; other paths stay as they are.

    Not for outputs of stages: DVC's cache may be what their links name.
    """
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def _replace(temporary: Path, path: Path) -> None:
    """Rename a file or directory, with its content on the disk before and its name after."""
    for written in [*temporary.rglob("*"), temporary] if temporary.is_dir() else [temporary]:
        _sync(written)
    os.replace(temporary, path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        # A directory may be writable but not readable, and some network file systems cannot sync one.
        if not path.is_dir() or error.errno not in (errno.EACCES, errno.EINVAL, errno.ENOTSUP):
            raise


@contextmanager
def _named(path: Path, temporary: Path) -> Iterator[None]:
    """Name `path` in errors of writing it, which name the temporary path or, if the disk is full, none."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        code, text = getattr(error, "errno", None), getattr(error, "strerror", None)
        name = os.fsdecode(getattr(error, "filename", None) or "")
        if name.startswith(str(temporary)):
            raise OSError(code, text, name.replace(str(temporary), str(path), 1)) from error
        if not name and code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise OSError(code, os.strerror(code), str(path)) from error
        if not name and code is None and _FULL.search(str(error)):
            reason = "the disk is full, or a quota or a limit on the size of files is reached"
            raise OSError(errno.ENOSPC, reason, str(path)) from error
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def require_space(path: Path, size: int) -> None:
    """Raise the OSError of a full disk, or of a limit, unless a new file `path` can have `size` bytes."""
    with path.open("wb") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
            file.truncate(0)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text, atomically."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_text(path: Path) -> str:
    """Read UTF-8 text; the ValueError for other content names the file."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not text in UTF-8 ({error}); {RESTORE}") from None


def json_text(value: Any) -> str:
    """Format a value as JSON with sorted keys: equal values give equal text. NaN and infinity raise ValueError."""
    return json.dumps(value, indent=2, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n"


def write_json(path: Path, value: Any) -> None:
    """Write the `json_text` of a value, atomically."""
    write_text(path, json_text(value))


def read_json(path: Path) -> Any:
    """Read a JSON file; the ValueError for other content names the file."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not JSON: {error}; {RESTORE}") from None


def read_record(path: Path, *keys: str) -> dict[str, Any]:
    """Read a JSON object that has some keys; the ValueError for other content names the file."""
    value = read_json(path)
    if not isinstance(value, dict):
        raise ValueError(f"{path}: got {type(value).__name__}; allowed is a JSON object; {RESTORE}")
    if missing := [key for key in keys if key not in value]:
        raise ValueError(f"{path}: has no {', '.join(missing)}; {RESTORE}")
    return value


def read_array(path: Path, dimensions: int | None = None, kinds: str = "biuf", mapped: bool = True) -> np.ndarray:
    """Read a `.npy` file.

    Args:
        path: the file.
        dimensions: number of axes that the array must have; None if any will do.
        kinds: codes of the types that it may have, as in ``numpy.dtype.kind``: ``f``, ``i``, ``u``.
        mapped: whether rows are read from disk on access.

    Raises:
        ValueError: the file holds no whole array of this form; the message names the file.
        OSError: it cannot be opened.
    """
    try:
        with path.open("rb") as file:
            if file.read(len(_NPY)) != _NPY:
                raise ValueError
        # The sizes in a damaged header may be too large to be multiplied.
        with np.errstate(over="ignore"):
            array: np.ndarray = np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
    except _BROKEN as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise ValueError(f"{path}: damaged: not a whole array of numbers; {RESTORE}") from None
    if dimensions not in (None, array.ndim) or array.dtype.kind not in kinds:
        raise ValueError(f"{path}: not the array that belongs here; {RESTORE}")
    return array


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Read all arrays of a `.npz` file; the ValueError for other content does not name the file."""
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            return {name.removesuffix(".npy"): _member(archive, name) for name in archive.namelist()}
    except _BROKEN as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise ValueError(f"not a whole archive of arrays: {error or type(error).__name__}") from None


def _member(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    with archive.open(name) as member:
        array: np.ndarray = np.lib.format.read_array(member, allow_pickle=False)
        member.read()  # to its end, where its checksum is compared
        return array


def write_array(path: Path, array: np.ndarray) -> None:
    """Write one array as `.npy`, atomically."""
    with atomic(path) as temporary:
        np.save(temporary, np.ascontiguousarray(array), allow_pickle=False)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
