"""Check a weights file: it may contain only plain float32 arrays, exactly those of the configured network.

An HDF5 file can also contain links to other files, arrays that decompress to terabytes and Python objects. They are
refused before any number is read and before memory is allocated.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import keras

Shapes = Counter[tuple[int, ...]]
# Much deeper than nested layers, and below Python's recursion limit.
MAX_DEPTH = 64


def shapes(path: Path) -> Shapes:
    """Count the shapes of the arrays in a weights file, without reading their numbers.

    Raises:
        ValueError: the file is not HDF5, is truncated, contains anything but plain float32 arrays, or they overlap.
    """
    try:
        with h5py.File(path, "r") as file:
            found = [(array.shape, array.get_storage_size()) for array in _arrays(file.id, path, set())]
    except (OSError, RuntimeError, KeyError) as error:
        # HDF5's message begins with the call that failed; the reason is in parentheses.
        reason = " ".join(str(error).split()).partition("(")[2].rstrip(")") or str(error)
        raise ValueError(f"{path} is not a complete HDF5 file of weights: {reason}") from None
    if sum(size for _, size in found) > path.stat().st_size:
        raise ValueError(f"{path}: its arrays overlap: their total size is larger than the file")
    return Counter(shape for shape, _ in found)


class _Refusal(BaseException):
    """Not an `Exception`, because Keras would wrap its message."""


@contextmanager
def limited_to(found: Shapes, path: Path, exact: bool = True) -> Iterator[None]:
    """Allow the network that is built in the block to create weights of the shapes in `found` only.

    A configuration with absurd sizes then fails at its first unexpected weight, before it fills the memory.

    Raises:
        ValueError: the network needs an array that the file lacks, or (if `exact`) does not use all arrays of the file.
    """
    left = found.copy()
    # Keras has no hook that is called before the values of a weight are allocated.
    original = keras.layers.Layer.add_weight

    def add_weight(layer: Any, shape: Any = None, *arguments: Any, **options: Any) -> Any:
        wanted = () if shape is None else (shape,) if isinstance(shape, int) else tuple(shape)
        if not left[wanted]:
            raise _Refusal(
                f"{path} does not fit its configuration: {layer.name!r} needs one more array of shape {wanted} than "
                f"the {found[wanted]} in the file"
            )
        left[wanted] -= 1
        return original(layer, shape, *arguments, **options)

    keras.layers.Layer.add_weight = add_weight
    try:
        yield
    except _Refusal as refusal:
        raise ValueError(str(refusal)) from None
    finally:
        keras.layers.Layer.add_weight = original
    if exact and (unused := +left):
        raise ValueError(
            f"{path} does not fit its configuration: the network does not use {unused.total()} of its "
            f"{found.total()} arrays, one of shape {next(iter(unused))}"
        )


def _arrays(group: h5py.h5g.GroupID, path: Path, seen: set[int], within: str = "") -> Iterator[h5py.h5d.DatasetID]:
    """Yield every array below `group`, each after checking that it is plain."""
    for name in group:
        at = f"{within}/{name.decode('utf-8', 'replace')}"
        if group.links.get_info(name).type != h5py.h5l.TYPE_HARD:
            raise ValueError(f"{path}: {at} is a link, not an array; links are not followed")
        entry = h5py.h5o.open(group, name)
        address = h5py.h5o.get_info(entry).addr
        if address in seen:
            raise ValueError(f"{path}: {at} is also stored under another name")
        seen.add(address)
        if isinstance(entry, h5py.h5g.GroupID):
            if at.count("/") > MAX_DEPTH:
                raise ValueError(f"{path}: {at} is nested deeper than {MAX_DEPTH} levels")
            yield from _arrays(entry, path, seen, at)
        elif isinstance(entry, h5py.h5d.DatasetID):
            _require_plain(entry, path, at)
            yield entry
        else:
            raise ValueError(f"{path}: {at} is neither a group nor an array")


def _require_plain(array: h5py.h5d.DatasetID, path: Path, at: str) -> None:
    """Raise `ValueError` unless the numbers of the array are stored in this file, uncompressed and contiguous."""
    # Keras trusts an attribute for the dtype of an array; it reads no attributes of groups.
    if h5py.h5a.get_num_attrs(array):
        raise ValueError(f"{path}: {at} has attributes; an array of weights has none")
    kind = array.get_type()
    if not (isinstance(kind, h5py.h5t.TypeFloatID) and kind.get_size() == 4):
        raise ValueError(f"{path}: {at} is not float32; weights are float32")
    storage, space = array.get_create_plist(), array.get_space()
    contiguous = storage.get_layout() == h5py.h5d.CONTIGUOUS
    if not contiguous and storage.get_layout() != h5py.h5d.COMPACT:
        raise ValueError(f"{path}: {at} is chunked, compressed or virtual; weights are stored contiguously")
    if contiguous and storage.get_external_count():
        raise ValueError(f"{path}: {at} is stored in another file; weights are stored in this one")
    if space.get_simple_extent_type() not in (h5py.h5s.SIMPLE, h5py.h5s.SCALAR):
        raise ValueError(f"{path}: {at} is empty")
    size = 4 * space.get_simple_extent_npoints()
    if array.get_storage_size() != size:
        raise ValueError(f"{path}: {at} has {size} bytes by its shape, but the file stores {array.get_storage_size()}")
    if contiguous:
        offset = array.get_offset()
        if offset is None or offset + size > path.stat().st_size:
            raise ValueError(f"{path}: {at} extends beyond the end of the file")
