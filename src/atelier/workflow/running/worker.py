"""A process that runs one `dvc` command in its own process group and writes its output to a file.

Workers are forked from a process that has already imported DVC, which saves half a second for each.
"""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerContext, SpawnContext
from pathlib import Path
from types import FrameType
from typing import NoReturn

# What `dvc repro` imports.
_PRELOADED = [
    *("dvc.cli.parser", "dvc.repo", "dvc.repo.reproduce", "dvc.commands.repro", "dvc.stage.cache", "dvc.dvcfile"),
    *("dvc.output", "dvc.dependency.param", "dvc.rwlock", "dvc.parsing", "dvc.schema", "ruamel.yaml", "dvc_data"),
]


class Worker:
    """A running `dvc` command.

    Args:
        root: its working directory.
        arguments: of ``dvc``.
        log: the file for its output; an existing file is replaced.
        environment: variables to set, in addition to those of this process.
    """

    def __init__(self, root: Path, arguments: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.unlink(missing_ok=True)
        self._log = log
        # The fork server keeps the environment that it was started with, so the whole environment is passed.
        given = (str(root), list(arguments), str(log), {**os.environ, **environment})
        self._process = _context().Process(target=_main, args=given)
        self._process.start()
        self.sentinel: int = self._process.sentinel
        assert self._process.pid is not None, "a started process has an id"
        self._id = self._process.pid

    def interrupt(self) -> None:
        """Send SIGINT to the command and to all processes that it has started."""
        # A process that has not opened its log yet would not notice it.
        while not self._log.exists() and self._process.is_alive():
            time.sleep(0.01)
        try:
            os.killpg(self._id, signal.SIGINT)
        except ProcessLookupError:
            # It has ended, or does not lead a group yet.
            if self._process.is_alive():
                os.kill(self._id, signal.SIGINT)

    def wait(self) -> int:
        """Wait until the command ends, and return its exit status."""
        self._process.join()
        status = self._process.exitcode
        assert status is not None, "a joined process has an exit status"
        self._process.close()
        return status


def _context() -> ForkServerContext | SpawnContext:
    if sys.platform != "linux":
        # Without fork, each process loads DVC itself.
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context


def _main(root: str, arguments: list[str], log: str, environment: dict[str, str]) -> NoReturn:
    # In its own group, Ctrl-C reaches it and the processes that it has started only through `interrupt`.
    os.setpgid(0, 0)
    _finish_on_interrupt()
    os.chdir(root)
    os.environ.clear()
    os.environ.update(environment)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(output, stream.fileno())
    # DVC shows it as the command that holds a lock.
    sys.argv = ["dvc", *arguments]
    from dvc.cli import main

    sys.exit(main(arguments))


def _finish_on_interrupt() -> None:
    """On SIGINT let DVC finish its own work, such as writing `dvc.lock`, but start no further command.

    DVC writes `dvc.lock` in place, so an interruption could leave half a file. A running command receives the signal
    itself and fails, which ends DVC.
    """
    interrupted = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal interrupted
        interrupted = True

    def refuse_commands(event: str, arguments: tuple[object, ...]) -> None:
        if interrupted and event == "subprocess.Popen":
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    sys.addaudithook(refuse_commands)
