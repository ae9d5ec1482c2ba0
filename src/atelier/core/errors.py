"""What every door shares: an error that a person can act on is one line, not a traceback."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn ValueError and OSError into click's one-line errors with exit status 1.

    With ``ATELIER_TRACEBACK=1`` in the environment they pass unchanged, traceback and all.
    """
    try:
        yield
    except (ValueError, OSError) as error:
        if os.environ.get("ATELIER_TRACEBACK") == "1":
            raise
        raise click.ClickException(_line(error)) from None


def _line(error: ValueError | OSError) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error) or type(error).__name__
