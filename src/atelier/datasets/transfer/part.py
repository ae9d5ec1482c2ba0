"""The bytes of one file that have come so far: they outlive an interrupted stage and are continued."""

from pathlib import Path
from typing import BinaryIO

from atelier.core import files
from atelier.datasets.transfer.remote import RemoteFile


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
        self.inherited = self.size
        if self._note().get("sha256", file.sha256) != file.sha256 or self.size > file.bytes:
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
        note = {"address": address, "etag": etag, "sha256": self._file.sha256}
        files.write_json(self._note_path, note)
        return self.path.open("ab")

    def discard(self) -> None:
        """Forget the bytes, and then whose they were."""
        self.inherited = 0
        self.path.unlink(missing_ok=True)
        self._note_path.unlink(missing_ok=True)

    def verified(self) -> bool:
        """Whether the bytes are the pinned file."""
        return is_whole(self.path, self._file)

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


def is_whole(path: Path, file: RemoteFile) -> bool:
    """Whether `path` is there and holds exactly the pinned bytes."""
    return path.is_file() and path.stat().st_size == file.bytes and files.sha256(path) == file.sha256
