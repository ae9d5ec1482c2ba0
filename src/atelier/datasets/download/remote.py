"""A file that a dataset needs: what it is called, what it must be, where it can be had."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

_DIGITS = {"sha256": 64, "md5": 32}


@dataclass(frozen=True)
class RemoteFile:
    """One upstream file, pinned by its SHA-256, or by its MD5 where upstream published no other checksum.

    Args:
        name: its name in the raw folder, without any directory.
        bytes: its length; none where nobody has published it.
        sha256: its checksum, 64 lower-case hexadecimal digits; empty if `md5` pins it.
        urls: where it can be had, the official host first; empty where only a mirror has it.
        md5: its checksum, 32 lower-case hexadecimal digits; only without `sha256`.

    Raises:
        ValueError: the name is no plain file name, the length or the checksum cannot be one, or there are two checksums
            or none.

    >>> RemoteFile("../passwd", 3, "0" * 64, ())
    Traceback (most recent call last):
    ValueError: file name '../passwd': a plain name is expected, without '/', '\\' or '..'
    """

    name: str
    bytes: int | None
    sha256: str
    urls: tuple[str, ...]
    md5: str = ""

    def __post_init__(self) -> None:
        if not is_plain_name(self.name):
            raise ValueError(f"file name {self.name!r}: a plain name is expected, without '/', '\\' or '..'")
        if self.bytes is not None and self.bytes < 0:
            raise ValueError(f"{self.name}: {self.bytes} bytes; a length is not negative")
        if self.sha256 and self.md5:
            raise ValueError(f"{self.name}: pinned twice, by SHA-256 and MD5")
        digits = _DIGITS[self.algorithm]
        if not re.fullmatch(rf"[0-9a-f]{{{digits}}}", self.digest):
            expected = f"{digits} lower-case hexadecimal digits are expected"
            raise ValueError(f"{self.name}: {self.word} {self.digest!r}; {expected}")

    @property
    def algorithm(self) -> str:
        """``sha256`` or ``md5``."""
        return "md5" if self.md5 else "sha256"

    @property
    def digest(self) -> str:
        return self.md5 or self.sha256

    @property
    def word(self) -> str:
        """The algorithm as it is written in a sentence."""
        return "MD5" if self.md5 else "SHA-256"

    def is_at(self, path: Path) -> bool:
        """Whether `path` is there and holds exactly the pinned bytes."""
        if not path.is_file() or (self.bytes is not None and path.stat().st_size != self.bytes):
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, self.algorithm).hexdigest() == self.digest


def is_plain_name(name: str) -> bool:
    """Whether `name` stays in the folder that it is joined to.

    >>> [is_plain_name(name) for name in ("a.gz", "", "..", "a/b", "c:\\\\d")]
    [True, False, False, False, False]
    """
    return bool(name) and name not in (".", "..") and not set(name) & set("/\\\0")
