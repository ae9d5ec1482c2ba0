"""IDX files survive a round trip, and only complete files are accepted."""

import gzip
import re
import struct
from pathlib import Path

import numpy as np
import pytest

from atelier.datasets.formats.idx import container

IMAGES = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "images.gz"
    container.write(path, IMAGES)
    return path


@pytest.mark.parametrize("shape", [(7,), (3, 4, 5), (0, 28, 28)])
def test_array_survives_the_round_trip(tmp_path: Path, shape: tuple[int, ...]) -> None:
    array = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    container.write(tmp_path / "a.gz", array)
    read = container.read(tmp_path / "a.gz", ndim=len(shape))
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, array)


def test_file_is_what_the_format_says(path: Path) -> None:
    content = gzip.decompress(path.read_bytes())
    assert content[:16] == bytes([0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5])
    assert content[16:] == IMAGES.tobytes()


def test_equal_arrays_give_equal_bytes_under_any_name_at_any_time(path: Path, tmp_path: Path) -> None:
    container.write(tmp_path / "another.gz", IMAGES)
    assert path.read_bytes() == (tmp_path / "another.gz").read_bytes()
    assert path.read_bytes()[4:8] == bytes(4), "the gzip header holds a time"


def test_array_that_was_read_can_be_written_to(path: Path) -> None:
    container.read(path, ndim=3)[0, 0, 0] = 255


def _packed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def _header(magic: int, *shape: int) -> bytes:
    return struct.pack(f">I{len(shape)}I", magic, *shape)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<!DOCTYPE html><title>404</title>", "not a valid gzip file"),
        (b"", "truncated"),
        (_packed(_header(0x803, 1, 2, 2) + bytes(4))[:-12], "truncated"),
        (_packed(_header(0x803, 1, 2, 2) + bytes(4)) + b"more", "4 bytes follow the end of the gzip stream"),
        (2 * _packed(_header(0x803, 1, 2, 2) + bytes(4)), "bytes follow the end of the gzip stream"),
        (_packed(b"ab"), "2 bytes after decompression"),
        (_packed(b"GIF89a and so on"), "magic 0x47494638; allowed is 0x00000803"),
        (_packed(_header(0x801, 4) + bytes(4)), "contains uint8 with 1 dimensions; allowed is uint8 with 3"),
        (_packed(_header(0xD03, 1, 1, 1) + bytes(4)), "contains float32 with 3 dimensions; allowed is uint8 with 3"),
        (_packed(_header(0x803, 1)), "ends inside its header, after 8 of 16 bytes"),
        (_packed(_header(0x803, 2, 2, 2) + bytes(7)), "7 bytes of values; its header says 2×2×2 = 8"),
        (_packed(_header(0x803, 2, 2, 2) + bytes(9)), "9 bytes of values; its header says 2×2×2 = 8"),
        (_packed(_header(0x803, *[2**32 - 1] * 3)), "0 bytes of values; its header says"),
    ],
)
def test_damaged_or_foreign_file_is_refused_by_name(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "train.gz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        container.read(path, ndim=3)
    assert str(caught.value).startswith(f"{path}: ")


def test_flipped_bit_is_refused(path: Path) -> None:
    damaged = bytearray(path.read_bytes())
    damaged[-6] ^= 1  # in the gzip checksum
    path.write_bytes(damaged)
    with pytest.raises(ValueError, match="not a valid gzip file"):
        container.read(path, ndim=3)


@pytest.mark.parametrize("array", [np.zeros(3, np.int64), np.zeros((), np.uint8)])
def test_arrays_of_other_types_are_not_written(tmp_path: Path, array: np.ndarray) -> None:
    with pytest.raises(ValueError, match="allowed is uint8"):
        container.write(tmp_path / "a.gz", array)
    assert list(tmp_path.iterdir()) == []
