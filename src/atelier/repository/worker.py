"""A process that runs one `dvc` command in a process group of its own, with what it says in a file.

Processes come from one that has loaded DVC already, so that not each of them spends half a second on it.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerContext, SpawnContext
from pathlib import Path
from types import FrameType
from typing import NoReturn

# What `dvc repro` loads; the processes that are made after share it.
_LOADED = ["dvc.cli.parser", "dvc.repo", "dvc.repo.reproduce", "dvc.commands.repro", "dvc.stage.cache", "dvc.dvcfile"]
_LOADED += ["dvc.output", "dvc.dependency.param", "dvc.rwlock", "dvc.parsing", "dvc.schema", "ruamel.yaml", "dvc_data"]


class Worker:
    """A `dvc` command under way.

    Args:
        root: its working directory.
        arguments: what stands behind ``dvc``.
        log: the file for its output; one that is there is replaced.
        environment: variables to set for it.
    """

    def __init__(self, root: Path, arguments: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        given = (str(root), list(arguments), str(log), dict(environment))
        self._process = _context().Process(target=_serve, args=given)
        self._process.start()
        self.sentinel: int = self._process.sentinel
        assert self._process.pid is not None, "a process that was started has a number"
        self._number = self._process.pid

    def interrupt(self) -> None:
        """Send SIGINT to the command and to all that it has started."""
        try:
            os.killpg(self._number, signal.SIGINT)
        except ProcessLookupError:
            # It has ended, or is too young to lead a group.
            if self._process.is_alive():
                os.kill(self._number, signal.SIGINT)

    def wait(self) -> int:
        """The exit status, once it has ended."""
        self._process.join()
        status = self._process.exitcode
        assert status is not None, "a process that was waited for has ended"
        self._process.close()
        return status


def _context() -> ForkServerContext | SpawnContext:
    if sys.platform != "linux":
        # Where there is no fork, each process loads DVC itself.
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_LOADED)
    return context


def _serve(root: str, arguments: list[str], log: str, environment: dict[str, str]) -> NoReturn:
    # A group of its own: Ctrl-C reaches it through `interrupt` only, and then with all that it has started.
    os.setpgid(0, 0)
    _obey_interrupts()
    os.chdir(root)
    os.environ.update(environment)
    said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(said, stream.fileno())
    # DVC names the command that holds a file by it.
    sys.argv = ["dvc", *arguments]
    from dvc.cli import main

    sys.exit(main(arguments))


def _obey_interrupts() -> None:
    """On SIGINT let DVC end what it does, such as writing `dvc.lock`, but begin no further command.

    DVC writes `dvc.lock` in place, so that an interruption just then would leave half of it. A command that runs gets
    the signal itself, and DVC ends because that has failed.
    """
    interrupted = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal interrupted
        interrupted = True

    def before(event: str, arguments: tuple[object, ...]) -> None:
        if interrupted and event == "subprocess.Popen":
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    sys.addaudithook(before)
