"""Read and write IDX files, gzipped or not, the format of MNIST and its relatives (LeCun, Cortes & Burges).

A file contains a magic number (two zero bytes, a type code, the number of dimensions), each dimension as a big-endian
uint32, and the values in C order. All files here have type 0x08, unsigned byte.
"""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from atelier.core import files
from atelier.datasets import raw_files

IMAGES = {"train": "train-images-idx3-ubyte.gz", "test": "t10k-images-idx3-ubyte.gz"}
LABELS = {"train": "train-labels-idx1-ubyte.gz", "test": "t10k-labels-idx1-ubyte.gz"}

_UINT8 = 0x08
_TYPES = {0x08: "uint8", 0x09: "int8", 0x0B: "int16", 0x0C: "int32", 0x0D: "float32", 0x0E: "float64"}
_GZIP = b"\x1f\x8b"
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


def read(path: Path, ndim: int) -> np.ndarray:
    """Decode a file with `ndim` dimensions, 1 for labels and 3 for images, to a writable uint8 array.

    Raises:
        ValueError: the file is neither IDX nor gzip, truncated, of another type or number of dimensions, or too short
            or too long for its header.
    """
    content = _unpacked(path)
    if len(content) < 4:
        raise ValueError(f"{path}: {len(content)} bytes after decompression; an IDX file begins with 4 magic bytes")
    zeros, type_code, came = struct.unpack(">HBB", content[:4])
    if zeros != 0 or type_code not in _TYPES:
        raise ValueError(f"{path}: magic 0x{content[:4].hex()}; allowed is 0x0000{_UINT8:02x}{ndim:02x}")
    if (type_code, came) != (_UINT8, ndim):
        raise ValueError(f"{path}: contains {_TYPES[type_code]} with {came} dimensions; allowed is uint8 with {ndim}")
    header = 4 + 4 * ndim
    if len(content) < header:
        raise ValueError(f"{path}: ends inside its header, after {len(content)} of {header} bytes")
    shape = struct.unpack(f">{ndim}I", content[4:header])
    expected = math.prod(shape)
    if len(content) - header != expected:
        size = f"{'×'.join(map(str, shape))} = {expected}"
        raise ValueError(f"{path}: {len(content) - header} bytes of values; its header says {size}")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape).copy()


def write(path: Path, array: np.ndarray) -> None:
    """Encode an array, atomically; equal arrays give equal bytes, because the gzip header has no time and no name."""
    if array.dtype != np.uint8 or not 1 <= array.ndim <= 255:
        raise ValueError(f"{path}: got {array.dtype} with {array.ndim} dimensions; allowed is uint8 with 1 to 255")
    header = struct.pack(f">HBB{array.ndim}I", 0, _UINT8, array.ndim, *array.shape)
    with (
        files.atomic(path) as temporary,
        temporary.open("wb") as file,
        gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=file, mtime=0) as packed,
    ):
        packed.write(header + array.tobytes())


def _unpacked(path: Path) -> bytes:
    content = path.read_bytes()
    if content.startswith(b"\0\0"):
        return content
    # Not `gzip.open`, which silently accepts a second gzip member or zero padding after the first.
    stream = zlib.decompressobj(_GZIP_WINDOW)
    try:
        content = stream.decompress(content)
    except zlib.error as error:
        what = str(error) if content.startswith(_GZIP) else f"it is {raw_files.kind(path)}"
        raise ValueError(f"{path}: not a valid gzip file ({what})") from None
    if not stream.eof:
        raise ValueError(f"{path}: truncated; the gzip stream does not end after {len(content)} decompressed bytes")
    if stream.unused_data:
        raise ValueError(f"{path}: {len(stream.unused_data)} bytes follow the end of the gzip stream; allowed are 0")
    return content
