"""A file that a dataset needs: its name, its checksum, and where it can be downloaded."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RemoteFile:
    """One upstream file, pinned by its SHA-256, or by its MD5 if upstream published no other checksum.

    Args:
        name: its name in the raw folder, without a directory.
        bytes: its length; None if unknown.
        sha256: its checksum, 64 lower-case hexadecimal digits; empty if `md5` pins it.
        urls: where it can be downloaded, the official host first; empty if only a mirror has it.
        md5: its checksum, 32 lower-case hexadecimal digits; only without `sha256`.

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
        if self.name in ("", ".", "..") or set(self.name) & set("/\\\0"):
            raise ValueError(f"file name {self.name!r}: a plain name is expected, without '/', '\\' or '..'")
        if self.bytes is not None and self.bytes < 0:
            raise ValueError(f"{self.name}: {self.bytes} bytes; a length of 0 or more is expected")
        if self.sha256 and self.md5:
            raise ValueError(f"{self.name}: pinned twice, by SHA-256 and MD5; one of them is expected")
        digits = 32 if self.md5 else 64
        if not re.fullmatch(rf"[0-9a-f]{{{digits}}}", self.digest):
            allowed = f"{digits} lower-case hexadecimal digits are expected"
            raise ValueError(f"{self.name}: {self.word} {self.digest!r}; {allowed}")

    @property
    def algorithm(self) -> str:
        """Its name in hashlib."""
        return "md5" if self.md5 else "sha256"

    @property
    def digest(self) -> str:
        """The pinned checksum."""
        return self.md5 or self.sha256

    @property
    def word(self) -> str:
        """Its name in a message."""
        return "MD5" if self.md5 else "SHA-256"

    @property
    def checksum(self) -> str:
        """The algorithm and the pinned checksum, for a message."""
        return f"{self.word} {self.digest}"

    def matches(self, path: Path) -> bool:
        """Return whether `path` is a file of exactly the pinned bytes."""
        if not path.is_file() or (self.bytes is not None and path.stat().st_size != self.bytes):
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, self.algorithm).hexdigest() == self.digest
