"""Choose the stages to start, from their graph, their needs and the expected time of the stages after them."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from pydantic import Field

from atelier.core import files
from atelier.params.strict import Strict, require_mapping, validate

DEFAULT_SECONDS = 1.0
_LONGEST = 1e9  # seconds


def recorded_seconds(path: Path) -> dict[str, float]:
    """Read how long stages took. The numbers only guide the order, so a missing or damaged file counts as empty."""
    try:
        found = files.read_json(path)
    except (OSError, ValueError):
        return {}
    numbers = found.items() if isinstance(found, dict) else ()
    return {name: float(value) for name, value in numbers if isinstance(value, int | float) and 0 <= value < _LONGEST}


class Slots(Strict):
    """The cores, GPUs and GB of memory of a stage, in `dvc.yaml` as ``meta: {slots: …}``.

    On a machine without GPUs, a stage that asks for them runs on the CPU.
    """

    cpu: int = Field(default=1, ge=1)
    gpu: int = Field(default=0, ge=0)
    memory: float = Field(default=0.0, ge=0)


@dataclass(frozen=True)
class Machine:
    """The cores, GPUs and GB of memory that all stages together may use."""

    cpu: int
    gpu: int
    memory: float

    def reserved_for(self, slots: Slots) -> Slots:
        """Return the slots that a stage occupies: the whole machine if it asks for more than that."""
        gpu = slots.gpu if self.gpu else 0
        if slots.cpu > self.cpu or gpu > self.gpu or slots.memory > self.memory:
            return Slots(cpu=self.cpu, gpu=self.gpu, memory=self.memory)
        return Slots(cpu=slots.cpu, gpu=gpu, memory=slots.memory)

    def free(self, running: Iterable[Slots]) -> tuple[int, int, float]:
        """Return the cores, GPUs and GB that running stages leave."""
        cpu, gpu, memory = self.cpu, self.gpu, self.memory
        for slots in map(self.reserved_for, running):
            cpu, gpu, memory = cpu - slots.cpu, gpu - slots.gpu, memory - slots.memory
        return cpu, gpu, memory


def declared(meta: Any, stage: str) -> Slots:
    """Return the slots in a stage's `meta`, by default one core; an error names the stage."""
    path = f"dvc.yaml: {stage}.meta"
    slots = require_mapping(meta, path).get("slots", {}) if meta is not None else {}
    return validate(Slots, slots, f"{path}.slots")


def expected_seconds(stages: Iterable[str], seconds: Mapping[str, float]) -> dict[str, float]:
    """Estimate how long each stage takes, from the seconds of earlier runs.

    A stage takes as long as last time; else the median of stages with the same name before ``@``; else of all stages.
    """
    known = {name: value for name, value in seconds.items() if value > 0}
    by_group = defaultdict(list)
    for name, value in known.items():
        by_group[_group(name)].append(value)
    median = statistics.median(known.values() or [DEFAULT_SECONDS])
    return {name: known.get(name) or statistics.median(by_group.get(_group(name), [median])) for name in stages}


def _group(name: str) -> str:
    return name.partition("@")[0]


def priorities(upstream: Mapping[str, Iterable[str]], cost: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """Compute the priority of each stage: the longest path from it to an end, then the sum of all stages after it.

    Both are in expected seconds (`cost`) and include the stage itself.

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
    """Choose the stages to start now, highest priority first; equal ones in the order of `ready`.

    If a stage does not fit, one of lower priority may start: no core idles that a stage could use. The upstream stages
    of `ready` ones are done; `running` and `requested` are the slots of running and of all stages.
    """
    occupied = list(running)
    chosen = []
    for name in sorted(ready, key=lambda name: priority[name], reverse=True):
        needs, free = machine.reserved_for(requested[name]), machine.free(occupied)
        if needs.cpu <= free[0] and needs.gpu <= free[1] and needs.memory <= free[2]:
            chosen.append(name)
            occupied.append(requested[name])
    return chosen
