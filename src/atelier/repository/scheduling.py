"""Which stages may start now: a graph, what each stage takes of the machine, and how long what follows will take.

Nothing here knows of DVC or of processes.
"""

import os
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from pydantic import Field

from atelier.params.strict import Strict, require_mapping, validate

UNKNOWN = 1.0


class Slots(Strict):
    """What a stage takes of the machine while it runs, as ``meta: {slots: …}`` in `dvc.yaml` says.

    Attributes:
        cpu: cores.
        gpu: GPUs, where the machine has any: without one the stage runs on the CPU.
        memory: GB.
    """

    cpu: int = Field(default=1, ge=1)
    gpu: int = Field(default=0, ge=0)
    memory: float = Field(default=0.0, ge=0)


@dataclass(frozen=True)
class Machine:
    """What there is to share out: cores, GPUs, and GB of memory."""

    cpu: int
    gpu: int
    memory: float

    def taken_by(self, slots: Slots) -> Slots:
        """What a stage really takes: all of it, so that it runs alone, where it asks for more than there is."""
        gpu = slots.gpu if self.gpu else 0
        if slots.cpu > self.cpu or gpu > self.gpu or slots.memory > self.memory:
            return Slots(cpu=self.cpu, gpu=self.gpu, memory=self.memory)
        return Slots(cpu=slots.cpu, gpu=gpu, memory=slots.memory)

    def free(self, running: Iterable[Slots]) -> tuple[int, int, float]:
        """Cores, GPUs and GB that are left beside what runs."""
        taken = [self.taken_by(slots) for slots in running]
        return (
            self.cpu - sum(slots.cpu for slots in taken),
            self.gpu - sum(slots.gpu for slots in taken),
            self.memory - sum(slots.memory for slots in taken),
        )


def declared(meta: Any, stage: str) -> Slots:
    """The slots in a stage's `meta`; one core where it says none.

    Raises:
        ValueError: they are not as `Slots` has them; the message names the stage.
    """
    path = f"dvc.yaml: {stage}.meta"
    slots = require_mapping(meta, path).get("slots", {}) if meta is not None else {}
    return validate(Slots, slots, f"{path}.slots")


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> float:
    """GB of memory: the machine's, or what its control group allows if that is less."""
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    allowed = limit.read_text(encoding="ascii").strip() if limit.is_file() else "max"
    return min(there, there if allowed == "max" else int(allowed)) / 1e9


def expected(stages: Iterable[str], seconds: Mapping[str, float]) -> dict[str, float]:
    """How long each stage may take: as last time, else as its like (same name before ``@``), else as any other."""
    known = {name: of for name, of in seconds.items() if of > 0}
    alike: dict[str, list[float]] = {}
    for name, of in known.items():
        alike.setdefault(name.partition("@")[0], []).append(of)
    usual = statistics.median(known.values()) if known else UNKNOWN
    return {name: known.get(name) or statistics.median(alike.get(name.partition("@")[0], [usual])) for name in stages}


def urgency(upstream: Mapping[str, Iterable[str]], cost: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """How urgent each stage is: the longest way from its start to an end, then the work of all that waits for it.

    Args:
        upstream: for each stage those that it waits for.
        cost: how long each takes.

    >>> urgency({"a": [], "b": ["a"], "c": []}, {"a": 2, "b": 3, "c": 4})["a"]
    (5, 5)
    """
    order = list(TopologicalSorter({name: list(before) for name, before in upstream.items()}).static_order())
    after: dict[str, list[str]] = {name: [] for name in order}
    for name, waits_for in upstream.items():
        for before in waits_for:
            after[before].append(name)
    way: dict[str, float] = {}
    reached: dict[str, set[str]] = {}
    for name in reversed(order):
        way[name] = cost[name] + max((way[follower] for follower in after[name]), default=0)
        reached[name] = {name}.union(*(reached[follower] for follower in after[name]))
    return {name: (way[name], sum(cost[other] for other in reached[name])) for name in order}


def startable(
    ready: Iterable[str],
    running: Iterable[Slots],
    asked: Mapping[str, Slots],
    machine: Machine,
    urgent: Mapping[str, tuple[float, float]],
) -> list[str]:
    """The stages to start now, the most urgent first.

    A less urgent one goes ahead where a more urgent one does not fit: no core idles while something could use it. Among
    equals the order of `ready` decides.

    Args:
        ready: stages whose upstream stages are done.
        running: what runs takes.
        asked: what each stage asks for.
        machine: what there is.
        urgent: see `urgency`.
    """
    under_way = list(running)
    chosen = []
    for name in sorted(ready, key=lambda name: urgent[name], reverse=True):
        takes, free = machine.taken_by(asked[name]), machine.free(under_way)
        if takes.cpu <= free[0] and takes.gpu <= free[1] and takes.memory <= free[2]:
            chosen.append(name)
            under_way.append(asked[name])
    return chosen
