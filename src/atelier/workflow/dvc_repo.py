"""The DVC repository of a checkout, with DVC's errors as one line."""

import atexit
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from atelier.core import terminal
from atelier.params import file

if TYPE_CHECKING:
    from dvc.repo import Repo


@contextmanager
def opened(root: Path, commit: str | None = None) -> Iterator["Repo"]:
    """Open the DVC repository at `root`, with the files of a commit or of the working tree.

    Raises:
        ValueError: `root` is not a DVC repository, or DVC raised an error inside the block.
        ParamsError: `params.yaml` has values that DVC cannot take.
    """
    params = root / "params.yaml"
    if commit is None and params.is_file():
        file.require_plain(params)
    # DVC takes a third of a second to load, and `--help` does not need it.
    from dvc.exceptions import DvcException
    from dvc.repo import Repo
    from pygit2 import GitError

    if terminal.no_color():
        # At its end DVC resets the colours of the terminal, used or not.
        atexit.unregister(import_module("colorama.initialise").reset_all)
    try:
        with Repo(str(root), rev=commit) as repo:
            yield repo
    except DvcException as error:
        raise ValueError(one_line(error)) from error
    except GitError as error:
        # DVC's Git library refuses a checkout of another user as Git does, but reads only files for exceptions.
        remedy = f"; call: git config --global --add safe.directory {root}" if "owned" in str(error) else ""
        raise ValueError(one_line(error) + remedy) from error
    except TypeError as error:
        # DVC's words for a date in the parameters of another commit.
        if not str(error).startswith("Unsupported value of type"):
            raise
        raise ValueError(one_line(error)) from error


def one_line(error: Exception) -> str:
    """Return the message of an error and of its cause, without line breaks."""
    messages = [str(error), str(error.__cause__ or "")]
    return ": ".join(" ".join(message.split()) for message in messages if message) or type(error).__name__
