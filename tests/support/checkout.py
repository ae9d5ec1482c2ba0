"""A Git checkout with DVC. Its `dvc` and `atelier` commands run in this process, which saves a second for each."""

import io
import logging
import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from click.testing import CliRunner

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


class Done(NamedTuple):
    """What a command printed, and its exit status."""

    status: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        return self.stdout + self.stderr


class Checkout:
    """A directory with files, Git and DVC, isolated from the settings of this machine's user.

    Args:
        root: the directory, which need not exist.
        environment: variables for its commands.
    """

    def __init__(self, root: Path, **environment: str) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.own = environment
        self.environment = {
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT / "src"),
            "HOME": str(root.parent),
            "COLUMNS": "200",
            "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{who}_NAME": "test" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "test@example.org" for who in ("AUTHOR", "COMMITTER")},
            "DVC_NO_ANALYTICS": "1",
            # DVC starts no process in the background.
            "DVC_DAEMON": "1",
            "DVC_SITE_CACHE_DIR": str(root.parent / "site"),
            **environment,
        }

    def init(self) -> "Checkout":
        """Make it a repository of Git and DVC."""
        self.git("init", "-q", "-b", "main")
        self.dvc("init", "-q")
        return self

    def read(self, name: str) -> str:
        return (self.root / name).read_text(encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text, encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        text = self.read(name)
        assert old in text
        self.write(name, text.replace(old, new, 1))

    def remove(self, name: str) -> None:
        path = self.root / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Work in this checkout: its directory and its environment."""
        with mock.patch.dict(os.environ, self.environment), chdir(self.root), warnings.catch_warnings():
            # DVC 3.67 uses a deprecated part of one of its own libraries.
            warnings.filterwarnings("ignore", "_NoneStep.value", DeprecationWarning)
            yield

    def run(self, *words: str, status: int | None = 0, **environment: str) -> Done:
        """Run a command in a process of its own; any exit status is allowed if `status` is None."""
        variables = os.environ | self.environment | environment
        done = subprocess.run(words, cwd=self.root, env=variables, capture_output=True, text=True, check=False)
        return _checked(Done(done.returncode, done.stdout, done.stderr), status)

    def git(self, *words: str, status: int = 0) -> str:
        return self.run("git", *words, status=status).output.strip()

    def dvc(self, *words: str, status: int | None = 0) -> Done:
        """Run a `dvc` command in this process. The output of stages is not captured."""
        from dvc.cli import main

        stdout, stderr = io.StringIO(), io.StringIO()
        with self.inside(), redirect_stdout(stdout), redirect_stderr(stderr), _logged(stdout, stderr):
            code = main([*words])
        return _checked(Done(code, stdout.getvalue(), stderr.getvalue()), status)

    def atelier(self, *words: str, status: int | None = 0, answer: str | None = None) -> Done:
        """Run an `atelier` command in this process, with an answer to what it asks."""
        from atelier.cli.main import main

        with self.inside():
            result = CliRunner().invoke(main, words, input=answer)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return _checked(Done(result.exit_code, result.stdout, result.stderr), status)

    def refusal(self, *words: str) -> str:
        """Return the one line with which an `atelier` command fails."""
        done = self.atelier(*words, status=1)
        (line,) = done.output.splitlines()
        assert line.startswith("Error: ")
        return line.removeprefix("Error: ")

    def repro(self, *words: str) -> list[str]:
        """Return the stages that `dvc repro` runs, or restores from the run cache, in its order."""
        pattern = r"^(?:Running s|S)tage '(.+)'(?::| is cached)"
        return re.findall(pattern, self.dvc("repro", *words).stdout, re.MULTILINE)

    def commit(self, message: str = "change") -> str:
        """Commit everything that Git does not ignore, and return the hash."""
        self.git("add", "-A")
        self.git("commit", "-qm", message, "--allow-empty")
        return self.git("rev-parse", "HEAD")

    def register(self, run: str, version: str, commit: str = "HEAD") -> None:
        """Tag a commit as a version of a run, as `gto register` does."""
        from gto import api

        with self.inside(), redirect_stdout(io.StringIO()):
            api.register(str(self.root), run, commit, version=version)

    def assign(self, run: str, version: str, stage: str) -> None:
        """Assign a version to a stage, as `gto assign` does."""
        from gto import api

        with self.inside(), redirect_stdout(io.StringIO()):
            api.assign(str(self.root), run, version=version, stage=stage)

    def clone(self, root: Path, *options: str) -> "Checkout":
        self.git("clone", "-q", *options, str(self.root), str(root))
        return Checkout(root, **self.own)

    def make(self, *words: str, status: int = 0, **environment: str) -> str:
        """Make a target of the project's Makefile, with the environment of these tests as `.venv`."""
        binaries = self.root / ".venv" / "bin"
        if not binaries.is_dir():
            binaries.mkdir(parents=True)
            (binaries / "dvc").symlink_to(BIN / "dvc")
            (binaries / "python").symlink_to(sys.executable)
        return self.run(
            "make", "-f", str(ROOT / "Makefile"), "RUN_OR_DEV=", *words, status=status, **environment
        ).output

    def copy(self, root: Path) -> "Checkout":
        """Copy the checkout with all files, tracked or not."""
        shutil.copytree(self.root, root, symlinks=True)
        return Checkout(root, **self.own)


def _checked(done: Done, status: int | None) -> Done:
    assert status in (None, done.status), done.output
    return done


@contextmanager
def _logged(stdout: io.StringIO, stderr: io.StringIO) -> Iterator[None]:
    """Redirect DVC's log, whose handlers hold the streams that there were when DVC was imported."""
    handlers = [h for h in logging.getLogger("dvc").handlers if isinstance(h, logging.StreamHandler)]
    before = [(handler, handler.stream) for handler in handlers]
    for handler in handlers:
        handler.stream = stderr if handler.level >= logging.WARNING else stdout
    try:
        yield
    finally:
        for handler, stream in before:
            handler.stream = stream
