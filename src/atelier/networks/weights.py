"""What a weights file may hold: plain arrays, exactly those of the network that its configuration describes.

HDF5 can do more: links into other files, arrays that unpack to terabytes, Python objects. A network of ours needs none
of it, so everything but plain float32 arrays is refused, before any number is read or any memory is taken.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import keras

Shapes = Counter[tuple[int, ...]]
# Far more than layers within layers; Python's own limit on recursion is not reached.
DEEPEST = 64


def shapes(path: Path) -> Shapes:
    """How often each shape occurs among the arrays of a weights file, of which no number is read.

    What it returns is on the disk: all arrays together are no larger than the file.

    Raises:
        ValueError: the file is no HDF5, is cut off, or holds something else than plain float32 arrays.
    """
    try:
        with h5py.File(path, "r") as file:
            found = [(array.shape, array.get_storage_size()) for array in _arrays(file.id, path, set())]
    except (OSError, RuntimeError, KeyError) as error:
        # What HDF5 says of a damaged file is long, and begins with what its library did.
        reason = " ".join(str(error).split()).partition("(")[2].rstrip(")") or str(error)
        raise ValueError(f"{path} is no whole HDF5 file of weights: {reason}") from None
    if sum(size for _, size in found) > path.stat().st_size:
        raise ValueError(f"{path}: its arrays share bytes: together they say that they are larger than the file")
    return Counter(shape for shape, _ in found)


class _Refusal(BaseException):
    """No `Exception`, which Keras would explain at length."""


@contextmanager
def limited_to(found: Shapes, path: Path) -> Iterator[None]:
    """While the block builds a network, each of its weights takes one of the shapes that a file holds.

    So a configuration with absurd sizes stops at the first weight that is not there, instead of filling the memory.

    Raises:
        ValueError: the network has a weight of a shape that the file does not hold (any more), or leaves some over.
    """
    left = found.copy()
    # Keras has no hook that hears of a weight before its values are there.
    original = keras.layers.Layer.add_weight

    def add_weight(layer: Any, shape: Any = None, *arguments: Any, **options: Any) -> Any:
        wanted = () if shape is None else (shape,) if isinstance(shape, int) else tuple(shape)
        if not left[wanted]:
            raise _Refusal(
                f"{path} does not fit its configuration: {layer.name!r} needs one more array of the shape {wanted} "
                f"than the {found[wanted]} that the file holds"
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
    if over := +left:
        raise ValueError(
            f"{path} does not fit its configuration: the network has no place for {over.total()} of its "
            f"{found.total()} arrays, one of the shape {next(iter(over))}"
        )


def _arrays(group: h5py.h5g.GroupID, path: Path, seen: set[int], within: str = "") -> Iterator[h5py.h5d.DatasetID]:
    """Every array below `group`, each of which is plain."""
    for name in group:
        at = f"{within}/{name.decode('utf-8', 'replace')}"
        if group.links.get_info(name).type != h5py.h5l.TYPE_HARD:
            raise ValueError(f"{path}: {at} is a link, not an array; links are not followed")
        entry = h5py.h5o.open(group, name)
        address = h5py.h5o.get_info(entry).addr
        if address in seen:
            raise ValueError(f"{path}: {at} stands there under another name as well")
        seen.add(address)
        if isinstance(entry, h5py.h5g.GroupID):
            if at.count("/") > DEEPEST:
                raise ValueError(f"{path}: {at} lies deeper than the parts of a network do")
            yield from _arrays(entry, path, seen, at)
        elif isinstance(entry, h5py.h5d.DatasetID):
            _require_plain(entry, path, at)
            yield entry
        else:
            raise ValueError(f"{path}: {at} is neither a group nor an array")


def _require_plain(array: h5py.h5d.DatasetID, path: Path, at: str) -> None:
    """Raise `ValueError` unless the array lies in the file as it is, number by number."""
    # Keras believes an attribute about the type of an array; the names that it gives to groups nobody reads.
    if h5py.h5a.get_num_attrs(array):
        raise ValueError(f"{path}: {at} has attributes; an array of weights has none")
    kind = array.get_type()
    if not (isinstance(kind, h5py.h5t.TypeFloatID) and kind.get_size() == 4):
        raise ValueError(f"{path}: {at} holds no float32 numbers; weights are float32")
    stored, sheet = array.get_create_plist(), array.get_space()
    if stored.get_layout() not in (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT):
        raise ValueError(f"{path}: {at} is chunked, compressed or put together from elsewhere; weights lie as they are")
    if stored.get_layout() == h5py.h5d.CONTIGUOUS and stored.get_external_count():
        raise ValueError(f"{path}: {at} lies in another file; weights lie in this one")
    if sheet.get_simple_extent_type() not in (h5py.h5s.SIMPLE, h5py.h5s.SCALAR):
        raise ValueError(f"{path}: {at} is empty")
    count = sheet.get_simple_extent_npoints()
    if array.get_storage_size() != 4 * count:
        raise ValueError(
            f"{path}: {at} says that it is {4 * count} bytes large, but {array.get_storage_size()} lie in the file"
        )
    if stored.get_layout() == h5py.h5d.CONTIGUOUS:
        offset = array.get_offset()
        if offset is None or offset + 4 * count > path.stat().st_size:
            raise ValueError(f"{path}: {at} reaches beyond the end of the file")
