"""Errors that a user can act on, shown as one line instead of a traceback."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn ValueError and OSError into click's one-line errors with exit status 1.

    With ``ATELIER_TRACEBACK=1`` in the environment they pass unchanged, with their traceback.
    """
    try:
        yield
    except (ValueError, OSError) as error:
        if os.environ.get("ATELIER_TRACEBACK") == "1":
            raise
        of_file = isinstance(error, OSError) and error.filename is not None
        line = f"{error.filename}: {error.strerror}" if of_file else str(error)
        raise click.ClickException(line or type(error).__name__) from None
