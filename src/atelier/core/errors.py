"""Show errors that a user can act on as one line instead of a traceback."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from atelier.core import terminal

# Longer lines are cut: what came may be as long as the system allows.
MAX_LINE = 2000
_SPACE = "free some space (`atelier gc` shows what can be removed)"
HELP = {errno.ENOSPC: _SPACE, errno.EDQUOT: _SPACE, errno.EFBIG: "`ulimit -f` shows the limit on the size of files"}


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn ValueError, OSError and MemoryError into click's one-line errors with exit status 1.

    With ``ATELIER_TRACEBACK=1`` in the environment they pass unchanged, with their traceback. If the reader of a pipe,
    such as `head`, has ended, the process ends silently.
    """
    terminal.prepare()
    try:
        yield
        if sys.stdout is not None:
            sys.stdout.flush()
    except (ValueError, OSError, MemoryError) as error:
        lost = isinstance(error, OSError) and terminal.lost_output(error)
        if lost and isinstance(error, BrokenPipeError):
            raise click.exceptions.Exit(terminal.CLOSED_PIPE) from None
        if os.environ.get("ATELIER_TRACEBACK") == "1":
            raise
        lines = (_cut(line) for line in _message(error).splitlines())
        raise click.ClickException("\n".join(lines)) from None


def _message(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return f"not enough memory{f': {error}' if str(error) else ''}; ask for less at once"
    if isinstance(error, OSError) and error.filename is not None:
        place = os.fsdecode(error.filename) if isinstance(error.filename, bytes) else str(error.filename)
        hint = "" if place in terminal.NAMES.values() else HELP.get(error.errno or 0, "")
        return f"{place}: {error.strerror}{f'; {hint}' if hint else ''}"
    return str(error) or type(error).__name__


def _cut(line: str) -> str:
    half = MAX_LINE // 2
    return line if len(line) <= MAX_LINE else f"{line[:half]} … {line[-half:]}"
