"""Two ways of doing the same work, timed in turns, so that what else the machine does falls on both."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Side:
    """One way of doing it.

    Attributes:
        run: does a round's work, and has done it when it returns.
        work: how much that is, in the unit of the comparison.
    """

    run: Callable[[], object]
    work: int

    def rate(self) -> float:
        """Units of work a second, in one round."""
        start = time.perf_counter()
        self.run()
        return self.work / (time.perf_counter() - start)


@dataclass(frozen=True)
class Comparison:
    """Rates of each round.

    Attributes:
        unit: of the work, in the plural.
        ours, theirs: units a second, shape ``(rounds,)`` both.
    """

    unit: str
    ours: list[float]
    theirs: list[float]

    @property
    def ratios(self) -> list[float]:
        """Ours over theirs, round by round: above 1 is faster."""
        return [ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True)]

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)

    @property
    def rates(self) -> tuple[float, float]:
        """The medians of ours and of theirs."""
        return statistics.median(self.ours), statistics.median(self.theirs)


def compare(ours: Side, theirs: Side, unit: str, rounds: int) -> Comparison:
    """Time both sides in alternating rounds, after one round of each that does not count.

    The side that goes first changes from round to round.
    """
    rates: dict[Side, list[float]] = {ours: [], theirs: []}
    for round_number in range(rounds + 1):
        order = (ours, theirs) if round_number % 2 else (theirs, ours)
        for side in order:
            rate = side.rate()
            if round_number:
                rates[side].append(rate)
    return Comparison(unit, rates[ours], rates[theirs])
