"""The bytes of one file that have arrived so far: an interrupted download continues from them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from atelier.core import files
from atelier.datasets.download.remote import RemoteFile


class PartialFile:
    """The file ``NAME.part``, with a note ``NAME.part.json``: URL and ETag of the bytes, and the pinned checksum.

    With the ETag, a server can tell whether it still has the same file (``If-Range``). Bytes without a note are
    continued too, because the complete file is verified; bytes of a file with another pinned checksum are deleted.

    `resumed` is the number of bytes from an earlier run that are still in use.
    """

    def __init__(self, folder: Path, file: RemoteFile) -> None:
        self.file = file
        self.path = folder / f"{file.name}.part"
        # gdown continues a file named as its output, eight characters and ".part".
        self._gdown_path = folder / f"{file.name}.partcontinue.part"
        self._note_path = folder / f"{file.name}.part.json"
        self._complete_path = folder / file.name
        self._restore_name()
        self.resumed = self.size
        pins = {key: value for key, value in self._note().items() if key in ("sha256", "md5")}
        too_long = file.bytes is not None and self.size > file.bytes
        if too_long or (pins and pins != {file.algorithm: file.digest}):
            self.discard()

    @property
    def size(self) -> int:
        """The number of bytes on disk."""
        return self.path.stat().st_size if self.path.is_file() else 0

    def is_complete(self) -> bool:
        """Return whether no bytes are missing; they may still be wrong."""
        return self.size > 0 and (self.size == self.file.bytes or (self.file.bytes is None and self.is_verified()))

    def is_verified(self) -> bool:
        """Return whether the bytes are the pinned file."""
        return self.file.matches(self.path)

    def etag(self, url: str) -> str | None:
        """Return the ETag that `url` sent with these bytes; None if another URL served them."""
        note = self._note()
        return note.get("etag") if note.get("address") == url else None

    def open(self, url: str, etag: str | None, *, restart: bool) -> BinaryIO:
        """Open for appending, and note the URL that serves the next bytes; `restart` empties the file first."""
        if restart:
            self.discard()
        files.write_json(self._note_path, {"address": url, "etag": etag, self.file.algorithm: self.file.digest})
        return self.path.open("ab")

    @contextmanager
    def renamed_for_gdown(self, url: str) -> Iterator[None]:
        """Rename the file, during the block, to the temporary name that gdown continues."""
        # An empty file too: gdown would choose a random name instead.
        self.open(url, None, restart=False).close()
        self.path.rename(self._gdown_path)
        try:
            yield
        finally:
            self._restore_name()

    def discard(self) -> None:
        """Delete the bytes, then the note."""
        self.resumed = 0
        self.path.unlink(missing_ok=True)
        self._note_path.unlink(missing_ok=True)

    def finish(self) -> Path:
        """Give the verified bytes their final name and return it."""
        self.path.replace(self._complete_path)
        self._note_path.unlink(missing_ok=True)
        return self._complete_path

    def _restore_name(self) -> None:
        # gdown itself renames a file that it has completed.
        if self._gdown_path.is_file():
            self._gdown_path.replace(self.path)

    def _note(self) -> dict[str, Any]:
        try:
            note = files.read_json(self._note_path)
        except (FileNotFoundError, ValueError):
            return {}
        return note if isinstance(note, dict) else {}
