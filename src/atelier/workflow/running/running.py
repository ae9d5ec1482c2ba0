"""Running the stages of a pipeline side by side, each in a `dvc repro` of its own.

DVC decides whether a stage runs, is restored from the run cache or is up to date, and only DVC writes `dvc.lock`. This
module decides when each stage starts.
"""

import fcntl
import os
import re
import signal
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
    """What receives the start and the end of each stage."""

    def started(self, stage: str, waiting: int) -> None: ...

    def ended(self, stage: str, outcome: Outcome, seconds: float) -> None: ...


@dataclass
class Result:
    """The result of a run.

    Attributes:
        outcomes: of each stage that has ended.
        not_started: stages that did not start, because another failed or the run was interrupted.
        interrupted: by a signal.
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
    """Bring stages up to date, independent ones side by side.

    Args:
        root: the top of the repository.
        targets: as `dvc repro` takes them; none means all.
        machine: what stages may use together.
        gpus: names of the GPUs, as ``CUDA_VISIBLE_DEVICES`` has them.
        pull: fetch missing data from the remote, as `dvc repro --pull` does.
        observer: receives the start and the end of each stage.

    Raises:
        ValueError: a target does not exist, slots are invalid, or another `atelier run` works in this checkout.
    """
    root = root.resolve()
    with _exclusive(root), opened(root, targets) as pipeline:
        requested = {name: scheduling.declared(stage.meta, name) for name, stage in pipeline.stages.items()}
        run = _Run(root, pipeline, requested, machine, gpus, pull, observer)
        with _handled_signals(run.interrupt):
            run.work()
        return run.result


class _Run:
    def __init__(
        self,
        root: Path,
        pipeline: Pipeline,
        requested: dict[str, Slots],
        machine: Machine,
        gpus: Sequence[str],
        pull: bool,
        observer: Observer,
    ) -> None:
        self.root, self.pipeline, self.requested, self.machine = root, pipeline, requested, machine
        self.pull, self.observer = pull, observer
        self.staleness = Staleness(pipeline)
        self.result = Result()
        self.running: dict[str, _Job] = {}
        self.idle_gpus = list(gpus)
        self.fetching: Worker | None = None
        self.seconds = _read_seconds(root)
        cost = scheduling.expected_seconds(pipeline.stages, self.seconds)
        self.priority = scheduling.priorities(pipeline.upstream, cost)

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        self.result.interrupted = True
        for worker in [*(job.worker for job in self.running.values()), *([self.fetching] if self.fetching else [])]:
            worker.interrupt()

    def work(self) -> None:
        if self.pull:
            self._fetch()
        waiting = list(self.pipeline.stages)
        while True:
            self._settle_unchanged(waiting)
            for name in [] if self.stopping else self._startable(waiting):
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
        """Remove ready stages that are up to date from `waiting`; this may make their followers ready."""
        checked: set[str] = set()
        while ready := [] if self.stopping else [name for name in self._ready(waiting) if name not in checked]:
            for name in ready:
                checked.add(name)
                if not self.staleness.own_causes(name):
                    waiting.remove(name)
                    self._settle(name, Outcome.UNCHANGED, 0.0)

    def _startable(self, waiting: list[str]) -> list[str]:
        running = [job.slots for job in self.running.values()]
        return scheduling.startable(self._ready(waiting), running, self.requested, self.machine, self.priority)

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
        """Wait until a stage ends, and settle all that have."""
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
            files.write_json(self.root / _SECONDS, self.seconds)
        self.observer.ended(name, outcome, seconds)

    def _fetch(self) -> None:
        """Fetch the missing data of all unchanged stages at once: stage by stage would ask the remote each time."""
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


def _read_seconds(root: Path) -> dict[str, float]:
    path = root / _SECONDS
    return {str(name): float(value) for name, value in files.read_json(path).items()} if path.is_file() else {}


@contextmanager
def _exclusive(root: Path) -> Iterator[None]:
    """Hold this checkout's lock, so that a second run cannot overwrite the logs of the first."""
    path = root / _LOCK
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise ValueError(f"another `atelier run` works here (process {lock.read().strip()}); wait for it") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


@contextmanager
def _handled_signals(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Handle signals that end a process, except those that the parent process ignores, as `nohup` ignores SIGHUP."""
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    handled = {number: old for number, old in before.items() if old is not signal.SIG_IGN}
    for number in handled:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, old in handled.items():
            signal.signal(number, old)
