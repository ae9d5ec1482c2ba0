"""The bytes of one file that have come so far: they outlive an interrupted stage and are continued."""

import glob
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from atelier.core import files
from atelier.datasets.transfer.remote import RemoteFile

_LENT = "continue.part"


class Part:
    """``NAME.part`` in `folder`, beside ``NAME.part.json``, which says whose answer the bytes are from.

    The note lets a server tell whether its file is still the same one (``If-Range``). Bytes without a note are
    continued too, because the checksum of the whole decides; bytes of a file pinned otherwise are thrown away.

    `inherited` counts the bytes that an earlier run left and that are still in use.
    """

    def __init__(self, folder: Path, file: RemoteFile) -> None:
        self.path = folder / f"{file.name}.part"
        self._note_path = folder / f"{file.name}.part.json"
        self._whole = folder / file.name
        self._file = file
        self._collect()
        self.inherited = self.size
        pins = {key: value for key, value in self._note().items() if key in ("sha256", "md5")}
        too_long = file.bytes is not None and self.size > file.bytes
        if too_long or (pins and pins != {file.algorithm: file.digest}):
            self.discard()

    @property
    def size(self) -> int:
        """Bytes here, 0 if none."""
        return self.path.stat().st_size if self.path.is_file() else 0

    def etag(self, address: str) -> str | None:
        """The ETag under which `address` served these bytes, if it was there and gave one."""
        note = self._note()
        return note.get("etag") if note.get("address") == address else None

    def open(self, address: str, etag: str | None, *, restart: bool) -> BinaryIO:
        """Open for appending, after noting who serves what comes now; `restart` empties it first."""
        if restart:
            self.discard()
        note = {"address": address, "etag": etag, self._file.algorithm: self._file.digest}
        files.write_json(self._note_path, note)
        return self.path.open("ab")

    @contextmanager
    def lent(self, address: str) -> Iterator[None]:
        """The block in which gdown writes, which has ways of its own.

        It continues what it finds under the name to write with eight characters and ``.part`` behind it, takes a file
        of that very name for finished, and renames the one to the other at the end, which it may not live to see.
        """
        self.open(address, None, restart=False).close()
        self.path.rename(f"{self.path}{_LENT}")
        try:
            yield
        finally:
            self._collect()

    def discard(self) -> None:
        """Forget the bytes, and then whose they were."""
        self.inherited = 0
        self.path.unlink(missing_ok=True)
        self._note_path.unlink(missing_ok=True)

    def verified(self) -> bool:
        """Whether the bytes are the pinned file."""
        return self._file.is_at(self.path)

    def finish(self) -> None:
        """Give the verified bytes their final name."""
        self.path.replace(self._whole)
        self._note_path.unlink(missing_ok=True)

    def _note(self) -> dict[str, str]:
        if not self._note_path.is_file():
            return {}
        try:
            note = files.read_json(self._note_path)
        except ValueError:
            return {}
        return note if isinstance(note, dict) else {}

    def _collect(self) -> None:
        """Take back what was lent."""
        for path in self.path.parent.glob(f"{glob.escape(self.path.name)}????????.part"):
            if self.path.is_file() and self.size >= path.stat().st_size:
                path.unlink()
            else:
                path.replace(self.path)
