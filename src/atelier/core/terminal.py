"""Standard streams that take any text, whatever their encoding, and consoles that respect `NO_COLOR`."""

import codecs
import errno
import io
import os
import sys
import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

# How characters of our messages are written where the encoding lacks them.
PLAIN = {"→": "->", "…": "...", "−": "-", "–": "-", "—": "-", "─": "-", "━": "-", "│": "|", "×": "x", "·": "."}
PLAIN |= {"≤": "<=", "≥": ">=", "±": "+-", "µ": "u", "“": '"', "”": '"', "‘": "'", "’": "'", "\xa0": " ", "•": "*"}
HANDLER = "atelier.plain"
# The exit status that a shell reports for a command that a closed pipe has ended.
CLOSED_PIPE = 128 + 13


def take_any_text() -> None:
    """Make standard output and standard error replace the characters that their encoding lacks."""
    codecs.register_error(HANDLER, _replace)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, io.TextIOWrapper) or isinstance(stream, _Ascii):
            continue
        stream.reconfigure(errors=HANDLER)
        if codecs.lookup(stream.encoding).name == "ascii":
            setattr(sys, name, _Ascii(stream.buffer, "utf-8", line_buffering=stream.line_buffering))


def lost_output(error: OSError) -> bool:
    """Return whether standard output cannot be written, which `error` may report; what is left of it is dropped."""
    if error.filename is not None or sys.stdout is None:
        return False
    try:
        sys.stdout.flush()
    except OSError:
        # Python flushes once more at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return True
    return False


def console(**options: Any) -> "Console":
    """Return a console of rich, without any escape codes for colour and weight if `NO_COLOR` is set."""
    from rich.console import Console

    class Plain(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))

    return Plain(color_system=None if no_color() else "auto", **options)


def no_color() -> bool:
    """Return whether `NO_COLOR` is set and not empty (https://no-color.org)."""
    return os.environ.get("NO_COLOR", "") != ""


class _Ascii(io.TextIOWrapper):
    """A stream that receives ASCII only. It is called UTF-8, because click writes UTF-8 to any that is called ASCII."""

    def write(self, text: str) -> int:
        return super().write(text.encode("ascii", HANDLER).decode("ascii"))


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
