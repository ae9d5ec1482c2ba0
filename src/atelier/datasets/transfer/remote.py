"""A file that a dataset needs: what it is called, what it must be, where it can be had."""

import re
from dataclasses import dataclass

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class RemoteFile:
    """One upstream file, pinned.

    Args:
        name: its name in the raw folder, without any directory.
        bytes: its length.
        sha256: its checksum, 64 lower-case hexadecimal digits.
        urls: where it can be had, the official host first; empty where only a mirror has it.

    Raises:
        ValueError: the name is no plain file name, or the length or the checksum cannot be one.

    >>> RemoteFile("../passwd", 3, "0" * 64, ())
    Traceback (most recent call last):
    ValueError: file name '../passwd': a plain name is expected, without '/', '\\' or '..'
    """

    name: str
    bytes: int
    sha256: str
    urls: tuple[str, ...]

    def __post_init__(self) -> None:
        if not is_plain_name(self.name):
            raise ValueError(f"file name {self.name!r}: a plain name is expected, without '/', '\\' or '..'")
        if self.bytes < 0:
            raise ValueError(f"{self.name}: {self.bytes} bytes; a length is not negative")
        if not _SHA256.fullmatch(self.sha256):
            raise ValueError(f"{self.name}: SHA-256 {self.sha256!r}; 64 lower-case hexadecimal digits are expected")


def is_plain_name(name: str) -> bool:
    """Whether `name` stays in the folder that it is joined to.

    >>> [is_plain_name(name) for name in ("a.gz", "", "..", "a/b", "c:\\\\d")]
    [True, False, False, False, False]
    """
    return bool(name) and name not in (".", "..") and not set(name) & set("/\\\0")
