"""Photographs as cameras and programs write them: odd EXIF tags, and more than 8 bits."""

import io
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from atelier.core import picture_files
from atelier.datasets.formats.pictures.decoding import Shard, decode

Tag = tuple[int, int, int, bytes]  # number, type, count; four bytes, or more for an offset to them
Tags = Sequence[Tag]
SIDE = 40
RAMP = np.tile(np.linspace(0, 1, SIDE), (SIDE, 1))  # black on the left, white on the right
GREY = (255 * RAMP).round()
UPRIGHT, TURNED = 1, 6
BYTE, ASCII, SHORT, LONG, RATIONAL, DOUBLE = 1, 2, 3, 4, 5, 12
MAKE, RESOLUTION, UNIT, SOFTWARE, XMP, EXIF, MAKER_NOTE = 0x10F, 0x11A, 0x128, 0x131, 0x2BC, 0x8769, 0x927C
ODD = {
    "resolution in bytes": (RESOLUTION, BYTE, 8, b"\xff" * 8),
    "resolution in one byte": (RESOLUTION, BYTE, 1, b"H\0\0\0"),
    "resolution as a text": (RESOLUTION, ASCII, 1, b"7\0\0\0"),
    "resolution without a number": (RESOLUTION, RATIONAL, 0, b"\0\0\0\0"),
    "unit without a number": (UNIT, SHORT, 0, b"\0\0\0\0"),
    "unit that is too large": (UNIT, LONG, 1, b"\xff\xff\xff\xff"),
    "software as a fraction": (SOFTWARE, RATIONAL, 1, b"\1\0\0\0\1\0\0\0"),
    "maker note of floats": (MAKER_NOTE, DOUBLE, 1, b"\xff" * 8),
    "maker note outside of the file": (MAKER_NOTE, BYTE, 20, b"\xf0\xff\xff\0"),
    "camera outside of the file": (MAKE, ASCII, 20, b"\xf0\xff\xff\0"),
    "EXIF before the file": (EXIF, 9, 1, b"\xff\xff\xff\xff"),
    "XMP as a text": (XMP, ASCII, 8, b"<x:xmp/>"),
}


def directory(tags: Tags, pixels: bytes = b"") -> bytes:
    """Encode a TIFF directory, then `pixels`, for the tag StripOffsets with the bytes b"here"."""
    tags = sorted(tags)
    start = 8 + 2 + 12 * len(tags) + 4
    extra, entries = b"", b""
    here = struct.pack("<L", start + sum(len(tag[3]) for tag in tags if len(tag[3]) > 4))
    for number, kind, count, content in tags:
        stored = here if content == b"here" else content
        if len(stored) > 4:
            stored, extra = struct.pack("<L", start + len(extra)), extra + stored
        entries += struct.pack("<HHL", number, kind, count) + stored
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + b"\0\0\0\0" + extra + pixels


def number(tag: int, value: int) -> Tag:
    return tag, LONG, 1, struct.pack("<L", value)


def tiff(array: np.ndarray, sample: int, photometric: int = 1, orientation: int = 1, odd: Tags = ()) -> bytes:
    """Encode an array as a TIFF of this sample format: 1 unsigned, 2 signed, 3 float."""
    channels = array.shape[2] if array.ndim == 3 else 1
    each = [
        (tag, SHORT, channels, struct.pack("<H", value) * channels if channels > 1 else struct.pack("<L", value))
        for tag, value in ((258, 8 * array.itemsize), (339, sample))
    ]
    numbers = {256: array.shape[1], 257: array.shape[0], 259: 1, 262: photometric, 0x112: orientation, 277: channels}
    numbers |= {278: array.shape[0], 279: array.nbytes}
    tags = [*each, *(number(tag, value) for tag, value in numbers.items()), (273, LONG, 1, b"here")]
    return directory([*tags, *odd], array.tobytes())


def photograph(kind: str, orientation: int, odd: Tags = ()) -> bytes:
    """Encode the ramp with these tags as a camera does: a JPEG with EXIF data and without JFIF's resolution."""
    array = np.stack([GREY, GREY, GREY], axis=-1).astype(np.uint8)
    if kind == "TIFF":
        return tiff(array, 1, 2, orientation, odd)
    # Pillow evaluates the resolution if it has a unit.
    others = [tag for tag in (number(RESOLUTION, 72), number(UNIT, 2)) if tag[0] not in {number for number, *_ in odd}]
    tags = b"Exif\0\0" + directory([number(0x112, orientation), *others, *odd])
    whole = io.BytesIO()
    Image.fromarray(array).save(whole, kind, exif=tags)
    content = whole.getvalue()
    return content[:2] + content[20:] if kind == "JPEG" else content


def read(folder: Path, content: bytes) -> np.ndarray:
    path = folder / "picture"
    path.write_bytes(content)
    return picture_files.read(path, SIDE)


def refusal(folder: Path, content: bytes) -> str:
    with pytest.raises(ValueError, match="picture: ") as caught:
        read(folder, content)
    line = str(caught.value)
    assert line.startswith(f"{folder}/picture: ")
    assert len(line.splitlines()) == 1
    return line


@pytest.mark.parametrize(
    "kind, odd",
    # Pillow cannot read the tags of a TIFF after one that points outside of the file, and the pixels need some.
    [(kind, odd) for kind in ("JPEG", "PNG", "WEBP", "TIFF") for odd in ODD if (kind, odd[:6]) != ("TIFF", "camera")],
)
def test_photograph_with_an_odd_tag_is_turned_as_one_without(tmp_path: Path, kind: str, odd: str):
    turned = read(tmp_path, photograph(kind, TURNED))
    assert not np.array_equal(turned, read(tmp_path, photograph(kind, UPRIGHT)))
    np.testing.assert_array_equal(read(tmp_path, photograph(kind, TURNED, [ODD[odd]])), turned)


def test_tiff_with_a_resolution_per_centimetre_in_bytes_is_turned(tmp_path: Path):
    content = photograph("TIFF", TURNED, [ODD["resolution in bytes"], number(0x11B, 72), number(UNIT, 3)])
    np.testing.assert_array_equal(read(tmp_path, content), read(tmp_path, photograph("TIFF", TURNED)))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_photograph_with_unreadable_exif_is_read_as_stored(tmp_path: Path, kind: str):
    stored = read(tmp_path, photograph(kind, UPRIGHT))
    content = photograph(kind, UPRIGHT).replace(b"II*\0", b"????")
    if kind == "PNG":  # has a checksum
        whole = io.BytesIO()
        Image.fromarray(stored).save(whole, kind, exif=b"Exif\0\0????")
        content = whole.getvalue()
    np.testing.assert_array_equal(read(tmp_path, content), stored)


@pytest.mark.parametrize(
    "content",
    [
        tiff(RAMP.astype("<f4"), 3),
        tiff((1 - RAMP).astype("<f4"), 3, photometric=0),
        tiff((65535 * RAMP).astype("<u2"), 1),
        tiff((65535 * (1 - RAMP)).round().astype("<u2"), 1, photometric=0),
        b"P5 40 40 65535\n" + (65535 * RAMP).astype(">u2").tobytes(),
        b"Pf\n40 40\n-1.0\n" + RAMP.astype("<f4").tobytes(),
    ],
    ids=["floats", "floats, white is 0", "16 bits", "16 bits, white is 0", "16-bit PGM", "PFM"],
)
def test_deep_picture_keeps_its_levels(tmp_path: Path, content: bytes):
    assert np.abs(read(tmp_path, content)[..., 0] - GREY).max() <= 1


@pytest.mark.parametrize(
    "content, said",
    [
        (tiff((65535 * RAMP).astype("<f4"), 3), "floats from 0 to 65535 (mode F); black is 0 and white is 1"),
        (tiff((2 * RAMP - 1).astype("<f4"), 3), "floats from -1 to 1 (mode F)"),
        (tiff(np.where(RAMP > 0.5, np.nan, RAMP).astype("<f4"), 3), "floats from nan to nan (mode F)"),
        (tiff((32767 * RAMP).astype("<i2"), 2), "integers with a sign from 0 to 32767 (mode I)"),
        (tiff((65535 * RAMP).astype("<i4"), 2), "integers with a sign from 0 to 65535 (mode I)"),
        (tiff((4294967295 * RAMP).astype("<u4"), 1), "32-bit integers from 0 to 4294967295 (mode I)"),
        (tiff((127 * RAMP).astype("i1"), 2), "integers with a sign from 0 to 127 (mode L)"),
        (tiff(np.stack([RAMP] * 3, -1).astype("<f4"), 3, 2), "cannot read (3 × 32-bit floats"),
        (tiff(RAMP, 3), "cannot read (1 × 64-bit floats"),
    ],
    ids=["0 to 65535", "-1 to 1", "NaN", "int16", "int32", "uint32", "int8", "HDR", "float64"],
)
def test_picture_whose_white_is_unknown_is_refused_with_its_mode_and_range(tmp_path: Path, content: bytes, said: str):
    line = refusal(tmp_path, content)
    assert said in line
    assert line.endswith("; save it with 8 bits per channel, for example as PNG")


def test_cielab_is_converted(tmp_path: Path):
    lightness = np.stack([255 * RAMP, 0 * RAMP, 0 * RAMP], axis=-1).astype(np.uint8)
    converted = read(tmp_path, tiff(lightness, 1, photometric=8)).astype(int)
    assert np.ptp(converted, axis=-1).max() <= 1
    assert np.abs(converted[0, [0, SIDE // 2, -1], 0] - [0, 122, 255]).max() <= 2


def test_transparent_level_of_16_bits_becomes_white(tmp_path: Path):
    whole = io.BytesIO()
    Image.fromarray((65535 * RAMP).astype(np.uint16)).save(whole, "PNG", transparency=0)
    seen = read(tmp_path, whole.getvalue())[0, :, 0]
    assert seen[0] == 255
    assert np.abs(seen[1:] - GREY[0, 1:]).max() <= 1


def test_tiff_of_an_unknown_compression_is_refused_with_its_number(tmp_path: Path):
    known, unknown = (struct.pack("<HHLL", 259, LONG, 1, value) for value in (1, 34712))
    assert "compression 34712" in refusal(tmp_path, tiff(GREY.astype(np.uint8), 1).replace(known, unknown))


def test_dataset_of_pictures_has_the_pixels_that_edit_reads(tmp_path: Path):
    contents = [
        photograph("JPEG", TURNED, [ODD["resolution in bytes"], ODD["maker note outside of the file"]]),
        photograph("TIFF", TURNED, [ODD["unit without a number"]]),
        tiff((65535 * (1 - RAMP)).round().astype("<u2"), 1, photometric=0),
        tiff(np.stack([255 * RAMP, 0 * RAMP, 0 * RAMP], axis=-1).astype(np.uint8), 1, photometric=8),
    ]
    decoded = decode(Shard(contents, SIDE, "crop", 3))
    assert not any(decoded.reasons)
    np.testing.assert_array_equal(decoded.pixels, [read(tmp_path, content) for content in contents])
