"""What surrounds the work of every stage: one-line errors, and the checks that its result may be recorded."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from atelier.core import recordable
from atelier.core.errors import one_line_errors
from atelier.core.guard import unchanged
from atelier.core.quiet import without_notices

Section = TypeVar("Section")


@contextmanager
def checked(
    read: Callable[[Path], Section],
    params: Path,
    code: Path,
    environment: Path | None,
    *inputs: Path,
    out: Path,
    tracked: bool = False,
) -> Iterator[Section]:
    """Yield the parameters of a stage, whose work is the block; an error is one line, and ends the process with 1.

    Args:
        read, params, code, environment, inputs: see `guard.unchanged`.
        out: what the stage writes.
        tracked: whether Git tracks `out` instead of DVC.
    """
    with one_line_errors(), without_notices():
        recordable.require_stage(out, tracked=tracked)
        with unchanged(read, params, code, environment, *inputs) as section:
            yield section
