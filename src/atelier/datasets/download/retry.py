"""Retry a request: which failures are temporary, how often to try, and how long to wait."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

Result = TypeVar("Result")

# A failed attempt that transferred this much resets the count of failures, for large files over a bad connection.
_PROGRESS_BYTES = 1 << 20


class HostRefused(Exception):
    """The host does not serve the file (not found, an HTML page, wrong bytes): try the next host."""


class TemporaryFailure(Exception):
    """A time-out, a broken connection or a busy server: retry after `wait` seconds, by default those of the policy."""

    def __init__(self, text: str, wait: float | None = None) -> None:
        super().__init__(text)
        self.wait = wait


@dataclass(frozen=True)
class RetryPolicy:
    """Time-outs (connect, read) and pauses in seconds, and the largest number of failures in a row."""

    timeouts: tuple[float, float] = (10.0, 30.0)
    attempts: int = 4
    first_wait: float = 1.0
    longest_wait: float = 60.0

    def wait(self, failures: int) -> float:
        """Return the pause after `failures` failures in a row: exponential back-off without jitter.

        >>> [RetryPolicy().wait(n) for n in (1, 2, 3, 9)]
        [1.0, 2.0, 4.0, 60.0]
        """
        return min(self.first_wait * 2.0 ** (failures - 1), self.longest_wait)

    def run(
        self, attempt: Callable[[], Result], note: Callable[[str], None], position: Callable[[], int] = lambda: 0
    ) -> Result:
        """Call `attempt` until it returns, with a pause after each `TemporaryFailure`.

        `note` receives one line per failure; `position` returns the number of bytes on disk, which measures progress.
        Raises `HostRefused` if `attempt` raised it, or if the last allowed attempt failed too.
        """
        failures, furthest = 0, position()
        while True:
            try:
                return attempt()
            except TemporaryFailure as failure:
                # Progress beyond the furthest position: bytes that were deleted and downloaded again do not count.
                failures = 1 if position() - furthest >= _PROGRESS_BYTES else failures + 1
                furthest = max(furthest, position())
                if failures >= self.attempts:
                    raise HostRefused(f"{failure}; tried {failures} times") from None
                pause = self.wait(failures) if failure.wait is None else failure.wait
                note(f"{failure}; trying again in {pause:g} s" if pause else f"{failure}; trying again")
                time.sleep(pause)
