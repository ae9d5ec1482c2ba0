"""Two implementations of the same work, timed in alternating rounds: other load on the machine affects both."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Side:
    """One implementation.

    Attributes:
        run: does the work of one round; it is finished on return.
        work: amount of this work, in the unit of the comparison.
    """

    run: Callable[[], object]
    work: int

    def rate(self) -> float:
        """Time one round, and return units of work per second."""
        start = time.perf_counter()
        self.run()
        return self.work / (time.perf_counter() - start)


@dataclass(frozen=True)
class Comparison:
    """The rates of all rounds.

    Attributes:
        unit: unit of the work, in the plural.
        ours, theirs: units per second in each round.
    """

    unit: str
    ours: list[float]
    theirs: list[float]

    @property
    def ratios(self) -> list[float]:
        """Our rate divided by theirs in each round: above 1 is faster."""
        return [ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True)]

    @property
    def ratio(self) -> float:
        """The median ratio."""
        return statistics.median(self.ratios)

    @property
    def rates(self) -> tuple[float, float]:
        """The medians of our rates and of theirs."""
        return statistics.median(self.ours), statistics.median(self.theirs)


def compare(ours: Side, theirs: Side, unit: str, rounds: int) -> Comparison:
    """Time both sides in alternating rounds, after one warm-up round of each.

    The sides take turns in going first.
    """
    rates: dict[Side, list[float]] = {ours: [], theirs: []}
    for round_number in range(rounds + 1):
        order = (ours, theirs) if round_number % 2 else (theirs, ours)
        for side in order:
            rate = side.rate()
            if round_number:
                rates[side].append(rate)
    return Comparison(unit, rates[ours], rates[theirs])
