"""Show errors that a user can act on as one line instead of a traceback."""

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
    except BrokenPipeError:
        # The reader of a pipe, such as `head`, has ended; click exits silently.
        raise
    except (ValueError, OSError) as error:
        if os.environ.get("ATELIER_TRACEBACK") == "1":
            raise
        line = str(error) or type(error).__name__
        if isinstance(error, OSError) and error.filename is not None:
            line = f"{error.filename}: {error.strerror}"
        raise click.ClickException(line) from None
