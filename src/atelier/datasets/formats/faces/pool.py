"""Processes that work through many items, with few of them under way at a time and the results in order."""

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def start(workers: int, preload: str) -> ProcessPoolExecutor:
    """A pool whose processes inherit nothing that runs here.

    Args:
        workers: how many.
        preload: a module to import once for all of them, where the system can.
    """
    # A plain fork would take over locks of threads that the child does not have.
    context = multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")
    if sys.platform == "linux":
        context.set_forkserver_preload(["__main__", preload])
    return ProcessPoolExecutor(workers, context, initializer=_serve)


def in_order(pool: Executor, work: Callable[[Item], Result], items: Iterable[Item], under_way: int) -> Iterator[Result]:
    """The results of `work` in the order of `items`, of which at most `under_way` are handed out ahead."""
    waiting: deque[Future[Result]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) >= under_way:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def _serve() -> None:
    """Leave an interrupt to the parent, which ends the pool, and do not outlive it if it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
