"""Run the stages of a pipeline in parallel, each in its own `dvc repro` process.

DVC decides whether a stage runs, is restored from the run cache or is up to date, and only DVC writes `dvc.lock`. This
module decides when each stage starts.
"""

import fcntl
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from multiprocessing.connection import wait
from pathlib import Path
from types import FrameType
from typing import Protocol
from urllib.parse import quote

from atelier.core import files
from atelier.workflow.running import scheduling
from atelier.workflow.running.scheduling import Machine, Slots
from atelier.workflow.running.worker import Worker
from atelier.workflow.staleness.pipeline import Pipeline, opened
from atelier.workflow.staleness.staleness import Staleness

LOGS = Path(".checkpoints/logs")
_SECONDS = LOGS / "seconds.json"
_LOCK = LOGS / "lock"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Outcome(StrEnum):
    """How a stage ended."""

    DONE = "done"
    RESTORED = "restored"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class Observer(Protocol):
    """Receives the start and the end of each stage."""

    def started(self, stage: str, waiting: int) -> None: ...

    def ended(self, stage: str, outcome: Outcome, seconds: float) -> None: ...


@dataclass
class Result:
    """The result of a run.

    Attributes:
        not_started: stages that did not start because another one failed or the run was interrupted.
        interrupted: whether a signal arrived.
    """

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    not_started: list[str] = field(default_factory=list)
    interrupted: bool = False

    @property
    def failed(self) -> list[str]:
        return [stage for stage, outcome in self.outcomes.items() if outcome is Outcome.FAILED]


@dataclass(frozen=True)
class _Job:
    worker: Worker
    slots: Slots
    gpus: tuple[str, ...]
    since: float


def log_path(stage: str) -> Path:
    """Return the log of a stage's last run, relative to the top of the repository."""
    return LOGS / f"{quote(stage, safe='@ ')}.log"


def run(
    root: Path, targets: Iterable[str], machine: Machine, gpus: Sequence[str], pull: bool, observer: Observer
) -> Result:
    """Bring stages up to date, and run independent ones in parallel.

    Args:
        root: the top of the repository.
        targets: as `dvc repro` takes them; none means all.
        machine, gpus: the resources of all stages, and the GPUs as in ``CUDA_VISIBLE_DEVICES``.
        pull: fetch missing data from the remote, as `dvc repro --pull` does.
        observer: receives the start and the end of each stage.

    Raises:
        ValueError: a target does not exist, slots are invalid, or another `atelier run` is running in this checkout.
    """
    root = root.resolve()
    with _exclusive(root), opened(root, targets) as pipeline:
        run = _Run(root, pipeline, machine, list(gpus), pull, observer)
        with _handled_signals(run.interrupt):
            try:
                run.work()
            except OSError:
                # Such as a closed pipe that the observer prints to: no stage may outlive this process.
                run.end()
                raise
        return run.result


@dataclass
class _Run:
    root: Path
    pipeline: Pipeline
    machine: Machine
    idle_gpus: list[str]
    pull: bool
    observer: Observer
    result: Result = field(default_factory=Result)
    running: dict[str, _Job] = field(default_factory=dict)
    fetching: Worker | None = None

    def __post_init__(self) -> None:
        stages, path = self.pipeline.stages, self.root / _SECONDS
        self.requested = {name: scheduling.declared(stage.meta, name) for name, stage in stages.items()}
        self.staleness = Staleness(self.pipeline)
        self.seconds = scheduling.recorded_seconds(path)
        cost = scheduling.expected_seconds(stages, self.seconds)
        self.priority = scheduling.priorities(self.pipeline.upstream, cost)

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        self.result.interrupted = True
        for worker in [self.fetching, *(job.worker for job in self.running.values())]:
            if worker:
                worker.interrupt()

    def end(self) -> None:
        """Interrupt the running stages, and wait for them."""
        for job in self.running.values():
            job.worker.interrupt()
        for job in self.running.values():
            job.worker.wait()

    def work(self) -> None:
        if self.pull:
            self._fetch()
        waiting = list(self.pipeline.stages)
        while True:
            self._settle_unchanged(waiting)
            slots = [job.slots for job in self.running.values()]
            ready = [] if self.stopping else self._ready(waiting)
            for name in scheduling.startable(ready, slots, self.requested, self.machine, self.priority):
                waiting.remove(name)
                self._start(name, len(waiting))
            if not self.running:
                break
            self._collect()
        self.result.not_started = waiting

    @property
    def stopping(self) -> bool:
        return self.result.interrupted or bool(self.result.failed)

    def _ready(self, waiting: list[str]) -> list[str]:
        settled = self.result.outcomes
        return [name for name in waiting if all(before in settled for before in self.pipeline.upstream[name])]

    def _settle_unchanged(self, waiting: list[str]) -> None:
        """Remove ready stages that are up to date from `waiting`; this may make stages after them ready."""
        checked: set[str] = set()
        while ready := [] if self.stopping else [name for name in self._ready(waiting) if name not in checked]:
            for name in ready:
                checked.add(name)
                if not self.staleness.own_causes(name):
                    waiting.remove(name)
                    self._settle(name, Outcome.UNCHANGED, 0.0)

    def _start(self, name: str, waiting: int) -> None:
        slots = self.machine.reserved_for(self.requested[name])
        gpus = tuple(self.idle_gpus.pop(0) for _ in range(slots.gpu))
        environment = {"CUDA_VISIBLE_DEVICES": ",".join(gpus)} if gpus else {}
        arguments = ["--wait-for-lock", "repro", "--single-item", *(["--pull"] if self.pull else []), name]
        worker = Worker(self.root, arguments, self.root / log_path(name), environment)
        self.running[name] = _Job(worker, slots, gpus, time.monotonic())
        if self.result.interrupted:
            # The signal arrived while the process was starting.
            worker.interrupt()
        self.observer.started(name, waiting)

    def _collect(self) -> None:
        """Wait until a stage ends, and settle all stages that have ended."""
        ended = wait([job.worker.sentinel for job in self.running.values()])
        for name, job in list(self.running.items()):
            if job.worker.sentinel in ended:
                del self.running[name]
                status = job.worker.wait()
                self.idle_gpus += job.gpus
                self.staleness.forget(name)
                self._settle(name, self._outcome(name, status), time.monotonic() - job.since)

    def _outcome(self, name: str, status: int) -> Outcome:
        if status:
            return Outcome.INTERRUPTED if self.result.interrupted else Outcome.FAILED
        log = (self.root / log_path(name)).read_text(encoding="utf-8", errors="replace")
        if re.search(r"^Running stage '", log, re.MULTILINE):
            return Outcome.DONE
        skipped = re.search(r"^Stage '.*' didn't change, skipping$", log, re.MULTILINE)
        return Outcome.UNCHANGED if skipped else Outcome.RESTORED

    def _settle(self, name: str, outcome: Outcome, seconds: float) -> None:
        self.result.outcomes[name] = outcome
        if outcome is Outcome.DONE:
            self.seconds[name] = round(seconds, 2)
            try:
                files.write_json(self.root / _SECONDS, self.seconds)
            except OSError as error:
                # It only guides the order of later runs.
                print(f"{_SECONDS}: not written ({error.strerror}); it can be removed", file=sys.stderr)
        self.observer.ended(name, outcome, seconds)

    def _fetch(self) -> None:
        """Fetch the missing data of all unchanged stages with one command, which is faster than one for each stage."""
        changed = {stale.stage for stale in Staleness(self.pipeline, allow_missing=True).stale_stages()}
        incomplete = [name for name in self.pipeline.stages if name not in changed and self.staleness.own_causes(name)]
        if not incomplete:
            return
        log = self.root / log_path("pull")
        self.fetching = Worker(self.root, ["--wait-for-lock", "pull", "--allow-missing", *incomplete], log, {})
        status = self.fetching.wait()
        self.fetching = None
        if status and not self.result.interrupted:
            lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["dvc pull failed"]
            raise ValueError(f"{lines[-1]} (the whole log: {log.relative_to(self.root)})")
        for name in incomplete:
            self.staleness.forget(name)


@contextmanager
def _exclusive(root: Path) -> Iterator[None]:
    """Lock this checkout, so that a second run cannot overwrite the logs of the first."""
    path = root / _LOCK
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", errors="replace") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            process = lock.read().strip()
            raise ValueError(f"another `atelier run` is running here (process {process}); wait for it") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


@contextmanager
def _handled_signals(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Handle signals that end a process, except those that are ignored, as `nohup` ignores SIGHUP."""
    numbers = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
