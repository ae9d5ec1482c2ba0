"""Running the stages of a pipeline side by side, each in a `dvc repro` of its own.

DVC decides whether a stage runs, is restored from the run cache or is up to date, and it alone writes `dvc.lock`. Here
is decided only when its turn has come.
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
from atelier.repository import scheduling
from atelier.repository.pipeline import Pipeline, opened
from atelier.repository.scheduling import Machine, Slots
from atelier.repository.staleness import Staleness
from atelier.repository.worker import Worker
from atelier.repository.writing_order import WritingOrder

LOGS = Path(".checkpoints/logs")
_SECONDS = LOGS / "seconds.json"
_MEMORY = LOGS / "unfinished.json"
_GUARD = LOGS / "lock"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Outcome(StrEnum):
    """How a stage ended."""

    DONE = "done"
    RESTORED = "restored"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class Observer(Protocol):
    """Who is told what happens."""

    def started(self, stage: str, waiting: int) -> None: ...

    def ended(self, stage: str, outcome: Outcome, seconds: float) -> None: ...


@dataclass
class Result:
    """What came of a run.

    Attributes:
        outcomes: of each stage that was settled.
        left: stages that were not begun, because one failed or the run was interrupted.
        interrupted: by a signal.
    """

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    interrupted: bool = False

    @property
    def failed(self) -> list[str]:
        return [stage for stage, outcome in self.outcomes.items() if outcome is Outcome.FAILED]


@dataclass(frozen=True)
class _Job:
    worker: Worker
    takes: Slots
    gpus: tuple[str, ...]
    since: float


def log_path(stage: str) -> Path:
    """The file, below the top of the repository, that holds what a stage said when it last ran."""
    return LOGS / f"{quote(stage, safe='@ ')}.log"


def run(
    root: Path, targets: Iterable[str], machine: Machine, gpus: Sequence[str], pull: bool, tell: Observer
) -> Result:
    """Bring stages up to date, independent ones side by side.

    Args:
        root: the top of the repository.
        targets: as `dvc repro` takes them; none: all.
        machine: what stages may take together.
        gpus: names of the GPUs, as ``CUDA_VISIBLE_DEVICES`` has them.
        pull: fetch from the remote what is missing, as `dvc repro --pull` does.
        tell: is told when a stage starts or ends.

    Raises:
        ValueError: there is no such target, slots are not valid, or another `atelier run` works here.
    """
    root = root.resolve()
    with _alone(root), opened(root, targets) as pipeline:
        asked = {name: scheduling.declared(stage.meta, name) for name, stage in pipeline.stages.items()}
        run = _Run(root, pipeline, asked, machine, gpus, pull, tell)
        order = WritingOrder(pipeline, root / _MEMORY)
        with _signals(run.interrupt):
            try:
                run.work(order.remember)
            finally:
                if run.started:
                    with pipeline.repo.lock:
                        order.restore()
        if not run.result.left and not run.result.failed and not run.result.interrupted:
            order.done()
        return run.result


class _Run:
    def __init__(
        self,
        root: Path,
        pipeline: Pipeline,
        asked: dict[str, Slots],
        machine: Machine,
        gpus: Sequence[str],
        pull: bool,
        tell: Observer,
    ) -> None:
        self.root, self.pipeline, self.asked, self.machine, self.tell = root, pipeline, asked, machine, tell
        self.pull = pull
        self.staleness = Staleness(pipeline)
        self.result = Result()
        self.started = False
        self.running: dict[str, _Job] = {}
        self.idle_gpus = list(gpus)
        self.fetching: Worker | None = None
        self.seconds = _read_seconds(root)
        cost = scheduling.expected(pipeline.stages, self.seconds)
        self.urgent = scheduling.urgency(pipeline.upstream, cost)

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        self.result.interrupted = True
        for worker in [*(job.worker for job in self.running.values()), *([self.fetching] if self.fetching else [])]:
            worker.interrupt()

    def work(self, before_first: Callable[[], None]) -> None:
        if self.pull:
            self._fetch()
        waiting = list(self.pipeline.stages)
        while True:
            waiting = self._settle_unchanged(waiting)
            for name in [] if self.stopping else self._startable(waiting):
                if not self.started:
                    before_first()
                    self.started = True
                waiting.remove(name)
                self._start(name, len(waiting))
            if not self.running:
                break
            self._collect()
        self.result.left = waiting

    @property
    def stopping(self) -> bool:
        return self.result.interrupted or bool(self.result.failed)

    def _ready(self, waiting: list[str]) -> list[str]:
        settled = self.result.outcomes
        return [name for name in waiting if all(before in settled for before in self.pipeline.upstream[name])]

    def _settle_unchanged(self, waiting: list[str]) -> list[str]:
        """Take out those whose turn has come and that have nothing to do; it may be the turn of others then."""
        asked: set[str] = set()
        while ready := [] if self.stopping else [name for name in self._ready(waiting) if name not in asked]:
            for name in ready:
                asked.add(name)
                if not self.staleness.own(name):
                    waiting.remove(name)
                    self._settle(name, Outcome.UNCHANGED, 0.0)
        return waiting

    def _startable(self, waiting: list[str]) -> list[str]:
        running = [job.takes for job in self.running.values()]
        return scheduling.startable(self._ready(waiting), running, self.asked, self.machine, self.urgent)

    def _start(self, name: str, waiting: int) -> None:
        takes = self.machine.taken_by(self.asked[name])
        gpus = tuple(self.idle_gpus.pop(0) for _ in range(takes.gpu))
        environment = {"CUDA_VISIBLE_DEVICES": ",".join(gpus)} if gpus else {}
        arguments = ["--wait-for-lock", "repro", "--single-item", *(["--pull"] if self.pull else []), name]
        worker = Worker(self.root, arguments, self.root / log_path(name), environment)
        self.running[name] = _Job(worker, takes, gpus, time.monotonic())
        if self.result.interrupted:
            # The signal came while the process was being made.
            worker.interrupt()
        self.tell.started(name, waiting)

    def _collect(self) -> None:
        """Wait until a stage ends, and settle those that have."""
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
        said = (self.root / log_path(name)).read_text(encoding="utf-8", errors="replace")
        if re.search(r"^Running stage '", said, re.MULTILINE):
            return Outcome.DONE
        return (
            Outcome.UNCHANGED
            if re.search(r"^Stage '.*' didn't change, skipping$", said, re.MULTILINE)
            else Outcome.RESTORED
        )

    def _settle(self, name: str, outcome: Outcome, seconds: float) -> None:
        self.result.outcomes[name] = outcome
        if outcome is Outcome.DONE:
            self.seconds[name] = round(seconds, 2)
            files.write_json(self.root / _SECONDS, self.seconds)
        self.tell.ended(name, outcome, seconds)

    def _fetch(self) -> None:
        """Fetch at once what stages lack that are otherwise up to date; one by one would ask the remote for each."""
        assumed = Staleness(self.pipeline, allow_missing=True)
        changed = {verdict.stage for verdict in assumed.verdicts()}
        lacking = [name for name in self.pipeline.stages if name not in changed and self.staleness.own(name)]
        if not lacking:
            return
        log = self.root / log_path("pull")
        self.fetching = Worker(self.root, ["--wait-for-lock", "pull", "--allow-missing", *lacking], log, {})
        status = self.fetching.wait()
        self.fetching = None
        if status and not self.result.interrupted:
            said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["dvc pull failed"]
            raise ValueError(f"{said[-1]} (all of it is in {log.relative_to(self.root)})")
        for name in lacking:
            self.staleness.forget(name)


def _read_seconds(root: Path) -> dict[str, float]:
    path = root / _SECONDS
    return {str(name): float(of) for name, of in files.read_json(path).items()} if path.is_file() else {}


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Hold this checkout against a second run, whose logs and order would mix with ours."""
    path = root / _GUARD
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as guard:
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            guard.seek(0)
            raise ValueError(
                f"another `atelier run` works here (process {guard.read().strip()}); wait for it"
            ) from None
        guard.truncate(0)
        guard.write(str(os.getpid()))
        guard.flush()
        yield


@contextmanager
def _signals(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Handle what asks a process to end; also where it was started in the background, which ignores Ctrl-C."""
    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
