"""When to try again, and how long to wait before it.

A *passing* trouble (a time-out, a broken connection, a busy server) is worth another attempt at the same host;
a *refusal* (not found, an HTML page, wrong bytes) is not: the next host is asked instead.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

Result = TypeVar("Result")

# An attempt that brought this much is no failure in a row: a long download over a bad line must be able to end.
HEADWAY_BYTES = 1 << 20


@dataclass(frozen=True)
class Patience:
    """How long a host is waited for, in seconds, and how many attempts in a row may fail."""

    connect: float = 10.0
    read: float = 30.0
    attempts: int = 4
    first_wait: float = 1.0
    longest_wait: float = 60.0

    def wait(self, failures: int) -> float:
        """The pause after so many failures in a row: it doubles, without jitter, so that runs are alike.

        >>> [Patience().wait(n) for n in (1, 2, 3, 9)]
        [1.0, 2.0, 4.0, 60.0]
        """
        return min(self.first_wait * 2.0 ** (failures - 1), self.longest_wait)


class Refused(Exception):
    """This host will not give the file; its text says what the host answered."""


class Passing(Exception):
    """A trouble that may be gone at the next attempt.

    Args:
        text: what happened.
        wait: seconds to pause, where that is known better than by the back-off.
    """

    def __init__(self, text: str, wait: float | None = None) -> None:
        super().__init__(text)
        self.wait = wait


def persist(
    attempt: Callable[[], Result],
    patience: Patience,
    note: Callable[[str], None],
    position: Callable[[], int] = lambda: 0,
) -> Result:
    """Call `attempt` until it returns, pausing after each `Passing` trouble.

    Args:
        attempt: the work; raises `Passing` or `Refused`.
        patience: the bounds.
        note: told of each trouble and pause, in one line.
        position: how many bytes are here; attempts that make headway do not count as failures in a row.

    Raises:
        Refused: by `attempt` itself, or because the last attempt allowed failed too.
    """
    failures, furthest = 0, position()
    while True:
        try:
            return attempt()
        except Passing as trouble:
            # Against the furthest point ever reached: bytes that are dropped and fetched again are no headway.
            failures = 1 if position() - furthest >= HEADWAY_BYTES else failures + 1
            furthest = max(furthest, position())
            if failures >= patience.attempts:
                raise Refused(f"{trouble}; tried {failures} times") from None
            pause = patience.wait(failures) if trouble.wait is None else trouble.wait
            note(f"{trouble}; trying again in {pause:g} s" if pause else f"{trouble}; trying again")
            time.sleep(pause)
