"""Which stages may start now: a graph, what each stage needs of the machine, and how long its followers will take.

Pure functions: no DVC, no processes.
"""

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

from pydantic import Field

from atelier.params.strict import Strict, require_mapping, validate

DEFAULT_SECONDS = 1.0


class Slots(Strict):
    """What a stage needs while it runs, declared as ``meta: {slots: …}`` in `dvc.yaml`.

    Attributes:
        cpu: cores.
        gpu: GPUs. On a machine without any, the stage runs on the CPU.
        memory: GB.
    """

    cpu: int = Field(default=1, ge=1)
    gpu: int = Field(default=0, ge=0)
    memory: float = Field(default=0.0, ge=0)


@dataclass(frozen=True)
class Machine:
    """What stages may use together: cores, GPUs, and GB of memory."""

    cpu: int
    gpu: int
    memory: float

    def reserved_for(self, slots: Slots) -> Slots:
        """Return what a stage occupies: the whole machine if it asks for more than there is."""
        gpu = slots.gpu if self.gpu else 0
        if slots.cpu > self.cpu or gpu > self.gpu or slots.memory > self.memory:
            return Slots(cpu=self.cpu, gpu=self.gpu, memory=self.memory)
        return Slots(cpu=slots.cpu, gpu=gpu, memory=slots.memory)

    def free(self, running: Iterable[Slots]) -> tuple[int, int, float]:
        """Return the cores, GPUs and GB that running stages leave."""
        reserved = [self.reserved_for(slots) for slots in running]
        return (
            self.cpu - sum(slots.cpu for slots in reserved),
            self.gpu - sum(slots.gpu for slots in reserved),
            self.memory - sum(slots.memory for slots in reserved),
        )


def declared(meta: Any, stage: str) -> Slots:
    """Return the slots in a stage's `meta`; one core if it has none.

    Raises:
        ValueError: they are invalid; the message names the stage.
    """
    path = f"dvc.yaml: {stage}.meta"
    slots = require_mapping(meta, path).get("slots", {}) if meta is not None else {}
    return validate(Slots, slots, f"{path}.slots")


def expected_seconds(stages: Iterable[str], seconds: Mapping[str, float]) -> dict[str, float]:
    """Estimate how long each stage takes.

    A stage takes as long as last time; else the median of stages with the same name before ``@``; else of all stages.
    """
    known = {name: value for name, value in seconds.items() if value > 0}
    by_group: dict[str, list[float]] = {}
    for name, value in known.items():
        by_group.setdefault(name.partition("@")[0], []).append(value)
    median = statistics.median(known.values()) if known else DEFAULT_SECONDS
    return {
        name: known.get(name) or statistics.median(by_group.get(name.partition("@")[0], [median])) for name in stages
    }


def priorities(upstream: Mapping[str, Iterable[str]], cost: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """Compute each stage's priority: its longest path to an end, then the total work of it and all its followers.

    Args:
        upstream: for each stage, the stages that it waits for.
        cost: the expected seconds of each stage.

    >>> priorities({"a": [], "b": ["a"], "c": []}, {"a": 2, "b": 3, "c": 4})["a"]
    (5, 5)
    """
    order = list(TopologicalSorter({name: list(before) for name, before in upstream.items()}).static_order())
    followers: dict[str, list[str]] = {name: [] for name in order}
    for name, waits_for in upstream.items():
        for before in waits_for:
            followers[before].append(name)
    path: dict[str, float] = {}
    reached: dict[str, set[str]] = {}
    for name in reversed(order):
        path[name] = cost[name] + max((path[follower] for follower in followers[name]), default=0)
        reached[name] = {name}.union(*(reached[follower] for follower in followers[name]))
    return {name: (path[name], sum(cost[other] for other in reached[name])) for name in order}


def startable(
    ready: Iterable[str],
    running: Iterable[Slots],
    requested: Mapping[str, Slots],
    machine: Machine,
    priority: Mapping[str, tuple[float, float]],
) -> list[str]:
    """Choose the stages to start now, highest priority first.

    Where a stage does not fit, one of lower priority may start: no core idles that a stage could use. Stages of equal
    priority start in the order of `ready`.

    Args:
        ready: stages whose upstream stages are done.
        running: what running stages need.
        requested: what each stage needs.
        machine: what there is.
        priority: see `priorities`.
    """
    occupied = list(running)
    chosen = []
    for name in sorted(ready, key=lambda name: priority[name], reverse=True):
        needs, free = machine.reserved_for(requested[name]), machine.free(occupied)
        if needs.cpu <= free[0] and needs.gpu <= free[1] and needs.memory <= free[2]:
            chosen.append(name)
            occupied.append(requested[name])
    return chosen
