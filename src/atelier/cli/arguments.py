"""Options that several commands have, and types of arguments that refuse what no command can use, such as NaN."""

from math import isfinite
from pathlib import Path
from typing import Any

import click

# So that the seeds of 100,000 pictures still fit a signed integer of 64 bits.
SEED = click.IntRange(0, 9 * 10**18)


class Number(click.FloatRange):
    """A finite number in a range, which FloatRange alone does not ensure: no comparison with NaN is true."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number: float = super().convert(value, param, ctx)
        if not isfinite(number):
            self.fail(f"{number} is not a finite number.", param, ctx)
        return number


class Text(click.ParamType):
    """A text in UTF-8; a name (`filled`) must not be empty."""

    name = "text"

    def __init__(self, filled: bool = True) -> None:
        self.filled = filled

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value)
        if self.filled and not text.strip():
            self.fail("it is empty.", param, ctx)
        # Python keeps bytes of the command line that are not UTF-8 as lone surrogates.
        if not text.isprintable() and any("\ud800" <= character <= "\udfff" for character in text):
            self.fail(f"{text[:100]!r} is not UTF-8.", param, ctx)
        if "\0" in text:
            self.fail("it contains a NUL character.", param, ctx)
        return text


class Place(click.ParamType):
    """A path, which need not exist; any bytes that the system allows, but not an empty name, which would be ``.``."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = str(value)
        if not path or "\0" in path:
            self.fail("it is empty." if not path else "it contains a NUL character.", param, ctx)
        return Path(path)


NAME, TEXT, PLACE = Text(), Text(filled=False), Place()

against_option = click.option(
    "--against",
    metavar="REV",
    type=NAME,
    help="The commit to compare with.",
    show_default="origin/main, else main, else HEAD",
)
allow_missing_option = click.option(
    "--allow-missing", is_flag=True, help="Do not fail if an output is missing here but recorded in REV's dvc.lock."
)
