"""A zip of many small pictures, read at random without keeping its directory: offsets and lengths are enough.

`zipfile` holds half a kilobyte for each member, in each process that opens the archive; CelebA has 202,599 members.
"""

import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

# A local header: signature, 22 bytes that the directory says too, and the lengths of the name and the extra field.
_LOCAL = struct.Struct("<4s22xHH")
_SIGNATURE = b"PK\x03\x04"


class DamagedMember(ValueError):
    """The bytes of one member are not those that were packed."""


@dataclass(frozen=True)
class Directory:
    """Where the members of a folder of the archive lie, by name.

    Attributes:
        names: without the folder, ascending, text of shape ``(members,)``.
        places: offset of the header, packed length, length, CRC-32 and method, int64 of shape ``(members, 5)``.
    """

    names: np.ndarray
    places: np.ndarray

    @classmethod
    def read(cls, path: Path, folder: str, ending: str) -> "Directory":
        """List the members in `folder` whose names end so.

        Raises:
            ValueError: the file is no zip archive, holds no such member, or one of them twice or encrypted.
        """
        try:
            with zipfile.ZipFile(path) as archive:
                members = archive.infolist()
        except zipfile.BadZipFile as error:
            raise ValueError(f"{path}: no whole zip archive ({error})") from None
        start = f"{folder}/"
        chosen = [m for m in members if m.filename.startswith(start) and m.filename.endswith(ending)]
        del members
        if not chosen:
            raise ValueError(f"{path}: holds no {start}*{ending}")
        if locked := [member.filename for member in chosen if member.flag_bits & 1]:
            raise ValueError(f"{path}: {locked[0]} is encrypted")
        names = np.array([member.filename[len(start) :] for member in chosen])
        places = np.array([_place(member) for member in chosen], np.int64)
        order = np.argsort(names, kind="stable")
        names, places = names[order], places[order]
        if len(twice := names[1:][names[1:] == names[:-1]]):
            raise ValueError(f"{path}: {start}{twice[0]} is there more than once")
        return cls(names, places)


def _place(member: zipfile.ZipInfo) -> tuple[int, ...]:
    return member.header_offset, member.compress_size, member.file_size, member.CRC, member.compress_type


def member(file: BinaryIO, place: np.ndarray) -> bytes:
    """The bytes of one member.

    Args:
        file: the archive, open for reading.
        place: a row of `Directory.places`.

    Raises:
        DamagedMember: they are cut off, packed in another way than stored or deflated, or fail their checksum.
    """
    offset, packed, length, checksum, method = place.tolist()
    file.seek(offset)
    header = file.read(_LOCAL.size)
    if len(header) < _LOCAL.size or not header.startswith(_SIGNATURE):
        raise DamagedMember("no member lies where the directory of the zip says")
    _, name, extra = _LOCAL.unpack(header)
    file.seek(name + extra, 1)
    data = file.read(packed)
    match method:
        case zipfile.ZIP_STORED:
            pass
        case zipfile.ZIP_DEFLATED:
            try:
                data = zlib.decompress(data, -zlib.MAX_WBITS, length)
            except zlib.error as error:
                raise DamagedMember(f"its bytes in the zip are damaged ({error})") from None
        case _:
            raise DamagedMember(f"packed by method {method}; stored and deflated are read")
    if len(data) != length or zlib.crc32(data) != checksum:
        raise DamagedMember("its bytes in the zip are damaged")
    return data
