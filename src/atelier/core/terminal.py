"""Standard streams that take any text, whatever their encoding, and consoles that respect `NO_COLOR`."""

import codecs
import errno
import io
import os
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

# How characters of our messages are written where the encoding lacks them.
PLAIN = {"→": "->", "…": "...", "−": "-", "–": "-", "—": "-", "─": "-", "━": "-", "│": "|", "×": "x", "·": "."}
PLAIN |= {"≤": "<=", "≥": ">=", "±": "+-", "µ": "u", "“": '"', "”": '"', "‘": "'", "’": "'", "\xa0": " ", "•": "*"}
HANDLER = "atelier.plain"
NAMES = {"<stdout>": "standard output", "<stderr>": "standard error"}
# By the name of `NAMES`; other libraries may have put streams of their own before them.
_streams: dict[str, "_Stream"] = {}
# The exit status that a shell reports for a command that a closed pipe has ended.
CLOSED_PIPE = 128 + 13


def prepare() -> None:
    """Make standard output and standard error replace what their encoding lacks, and name them in their errors."""
    codecs.register_error(HANDLER, _replace)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            # It was closed, as `>&-` does; the next file that is opened would take its place.
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
            setattr(sys, name, os.fdopen(number, "w" if number else "r", encoding="utf-8"))
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper) and not isinstance(stream, _Stream):
            stream.reconfigure(errors=HANDLER)
            # Not a stream that a test has put there.
            if stream is getattr(sys, f"__{name}__"):
                _streams[NAMES[f"<{name}>"]] = _Stream(stream)
                setattr(sys, name, _streams[NAMES[f"<{name}>"]])


def lost_output(error: OSError) -> bool:
    """Return whether `error` is of writing to standard output or error; what is left of the text is dropped then."""
    if error.filename in _streams:
        # Python flushes once more at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), _streams[error.filename].fileno())
    return error.filename in NAMES.values()


def console(**options: Any) -> "Console":
    """Return a console of rich, without any escape codes for colour and weight if `NO_COLOR` is set."""
    from rich.console import Console

    class Plain(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE), NAMES["<stdout>"])

    return Plain(color_system=None if no_color() else "auto", **options)


def no_color() -> bool:
    """Return whether `NO_COLOR` is set and not empty (https://no-color.org)."""
    return os.environ.get("NO_COLOR", "") != ""


class _Stream(io.TextIOWrapper):
    """A standard stream whose errors name it, and which is called UTF-8 but receives ASCII only, if it was ASCII.

    Click writes UTF-8 to any stream that is called ASCII.
    """

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self.ascii = codecs.lookup(stream.encoding).name == "ascii"
        self.place = NAMES.get(stream.name, str(stream.name))
        encoding = "utf-8" if self.ascii else stream.encoding
        super().__init__(
            stream.buffer,
            encoding,
            HANDLER,
            line_buffering=stream.line_buffering,
            write_through=stream.write_through,
        )

    def write(self, text: str) -> int:
        with self._named():
            return super().write(text.encode("ascii", HANDLER).decode("ascii") if self.ascii else text)

    def flush(self) -> None:
        with self._named():
            super().flush()

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OSError(error.errno, error.strerror, self.place) from None


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_plain, error.object[error.start : error.end])), error.end


def _plain(character: str) -> str:
    """Replace a character by ASCII: a sign by its likeness, a letter without its accent, a byte by its number."""
    if "\udc80" <= character <= "\udcff":
        return f"\\x{ord(character) - 0xDC00:02x}"
    letter = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode() if character.isalpha() else ""
    return PLAIN.get(character) or letter or "?"
