"""Read arrays of a TensorFlow checkpoint, the files `variables.*` of a SavedModel, from bytes in memory.

The index is a sorted table of LevelDB: blocks of entries, whose keys share prefixes, and an index of blocks, which the
footer points to (tensorflow/core/lib/io/table_format.txt). TensorFlow writes it uncompressed. An entry says where the
numbers of an array are in the files of data; arrays are views of these files, so that nothing is allocated by what an
entry claims.
"""

import math
from collections.abc import Iterator, Mapping, Set

import numpy as np
from google.protobuf.message import DecodeError
from tensorflow import as_dtype
from tensorflow.core.protobuf.tensor_bundle_pb2 import BundleEntryProto

MAGIC = (0xDB4775248B80FB57).to_bytes(8, "little")
FOOTER = 48
# One byte of compression and four of a checksum follow each block; the digest of the whole file is known here.
UNCOMPRESSED = 0


class Bundle:
    """The arrays with the given keys in the files `variables.*`, by their names.

    Raises:
        ValueError: the index is incomplete.
    """

    def __init__(self, files: Mapping[str, bytes], keys: Set[str]) -> None:
        self.files = files
        self.shards = sorted(name for name in files if name.startswith("variables.data-"))
        index = files.get("variables.index", b"")
        try:
            self.entries = {key: BundleEntryProto.FromString(value) for key, value in _entries(index) if key in keys}
        except (IndexError, UnicodeDecodeError, DecodeError) as error:
            raise ValueError(f"variables.index is damaged: {error}") from None

    def read(self, key: str) -> np.ndarray:
        """Read an array of floats, as float32.

        Raises:
            ValueError: it is missing, of another type, or not wholly in the files.
        """
        entry = self.entries.get(key)
        if entry is None or not 0 <= entry.shard_id < len(self.shards) or entry.slices:
            raise ValueError(f"the files variables.* do not contain {key} as one array")
        kind, shape = as_dtype(entry.dtype), tuple(side.size for side in entry.shape.dim)
        if not kind.is_floating:
            raise ValueError(f"{key} has the type {kind.name}; weights are floats")
        if min(shape, default=0) < 0 or math.prod(shape) * kind.size != entry.size:
            raise ValueError(f"{key} has the shape {shape}, but {entry.size} bytes")
        shard = self.shards[entry.shard_id]
        if entry.offset < 0 or entry.offset + entry.size > len(self.files[shard]):
            raise ValueError(f"{key} extends beyond the end of {shard}, which has {len(self.files[shard])} bytes")
        flat = np.frombuffer(self.files[shard], kind.as_numpy_dtype, math.prod(shape), entry.offset)
        return flat.reshape(shape).astype(np.float32, copy=False)


def _entries(table: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield keys and values of a table."""
    if len(table) < FOOTER or table[-8:] != MAGIC:
        raise ValueError("variables.index is missing or not complete")
    # The footer begins with the positions of two blocks, of which the second is the index.
    at = len(table) - FOOTER
    for _ in range(2):
        _, at = _varint(table, at)
    for _, handle in _block(table, table, at):
        for key, value in _block(table, handle, 0):
            yield key.decode(), value


def _block(table: bytes, handle: bytes, at: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the entries of a block, whose offset and size are at a position of `handle`.

    It ends with the offsets of the keys that are written out, and their number.
    """
    offset, at = _varint(handle, at)
    size, _ = _varint(handle, at)
    if table[offset + size] != UNCOMPRESSED:
        raise ValueError("variables.index is compressed; TensorFlow writes it uncompressed")
    block, at, key = table[offset : offset + size], 0, b""
    end = size - 4 - 4 * int.from_bytes(block[-4:], "little")
    while at < end:
        shared, at = _varint(block, at)
        unshared, at = _varint(block, at)
        length, at = _varint(block, at)
        key = key[:shared] + block[at : at + unshared]
        at += unshared + length
        yield key, block[at - length : at]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a number, of 7 bits in each byte, lowest first, and the position after it."""
    value = 0
    for shift in range(0, 64, 7):
        byte = data[at]
        value, at = value | (byte & 0x7F) << shift, at + 1
        if byte < 0x80:
            return value, at
    raise IndexError("a number has more than 64 bits")
