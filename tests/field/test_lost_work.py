"""Work that is not lost: a closed terminal, a power cut, a user without a name."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from unittest import mock

import pytest
import yaml
from checkout import ROOT, Checkout
from signals import default_signals

from atelier.core import files

RUN = [sys.executable, "-m", "atelier.cli.main", "run", "-j", "1"]
# Waits in its first stage until the terminal is closed.
WAITING = """
stages:
  first:
    cmd: touch .checkpoints/begun && while [ ! -f .checkpoints/closed ]; do sleep 0.05; done && echo 1 > first.txt
    outs: [first.txt]
  second: {cmd: cp first.txt second.txt, deps: [first.txt], outs: [second.txt]}
"""
# Makes a terminal that of a new session, then runs a command there.
LEADER = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""


def close_terminal_while_running(checkout: Checkout, *command: str) -> None:
    """Run a command in a terminal of its own, and close the terminal during the first stage."""
    checkout.write("dvc.yaml", WAITING)
    ours, theirs = os.openpty()
    with default_signals():
        process = subprocess.Popen(
            [sys.executable, "-c", LEADER, *command],
            cwd=checkout.root,
            env=os.environ | checkout.environment | {"TERM": "xterm"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
    os.close(theirs)
    wait_for(checkout.root / ".checkpoints/begun")
    # The kernel sends SIGHUP to the processes of the terminal, and what they write to it fails.
    os.close(ours)
    time.sleep(0.3)
    checkout.write(".checkpoints/closed", "")
    process.wait(timeout=60)


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def finished(checkout: Checkout) -> set[str]:
    lock = checkout.root / "dvc.lock"
    return set(yaml.safe_load(lock.read_text(encoding="utf-8"))["stages"]) if lock.is_file() else set()


@pytest.mark.parametrize("before", [["nohup"], ["sh", "-c", "trap '' HUP; exec \"$@\"", "sh"]], ids=["nohup", "trap"])
def test_run_that_ignores_hangups_survives_the_closed_terminal(unborn: Checkout, before: list[str]) -> None:
    close_terminal_while_running(unborn, *before, *RUN)
    assert finished(unborn) == {"first", "second"}


def test_run_ends_with_its_terminal(unborn: Checkout) -> None:
    close_terminal_while_running(unborn, *RUN)
    assert "second" not in finished(unborn)


def test_file_is_on_the_disk_before_it_has_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    synced: list[tuple[int, bool]] = []
    with mock.patch("os.fsync", lambda number: synced.append((os.fstat(number).st_ino, path.exists()))):
        files.write_text(path, "a")
    assert synced == [(path.stat().st_ino, False), (tmp_path.stat().st_ino, True)]


def test_directory_is_on_the_disk_before_it_has_its_name(tmp_path: Path) -> None:
    path = tmp_path / "out"
    synced: list[tuple[int, bool]] = []
    note = mock.patch("os.fsync", lambda number: synced.append((os.fstat(number).st_ino, path.exists())))
    with note, files.atomic_directory(path) as folder:
        (folder / "deep").mkdir()
        (folder / "deep/a").write_text("a", encoding="utf-8")
    before = [(path / name).stat().st_ino for name in ("deep", "deep/a", ".")]
    assert synced == [*((inode, False) for inode in before), (tmp_path.stat().st_ino, True)]


# A user id without a name, as in `docker run -u 12345`: as a map of this user's id, or with root's rights.
NAMELESS = (
    ["unshare", "--user", "--map-user=12345"],
    ["setpriv", "--reuid=12345", "--clear-groups", "--inh-caps=+dac_override", "--ambient-caps=+dac_override"],
)


@pytest.fixture(scope="module")
def nameless() -> list[str]:
    """A command that runs another one under a user id without a name."""
    for command in NAMELESS:
        if shutil.which(command[0]) and subprocess.run([*command, "true"], capture_output=True).returncode == 0:
            return command
    pytest.skip("this system lets no test have another user id")


def pth_lines(variables: str) -> str:
    """Return the lines that `make setup` writes into the environment, where each of its processes runs them."""
    command = ["make", "--silent", f"BIN={Path(sys.executable).parent}", "--eval", f"shown: ; {variables} @:", "shown"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_user_id_without_a_name_runs_the_pipeline(toy: Checkout, nameless: list[str], tmp_path: Path) -> None:
    lines = pth_lines("$(info $(path_line)) $(info $(user_line))")
    (tmp_path / "site").mkdir()
    (tmp_path / "site/sitecustomize.py").write_text(lines, encoding="utf-8")
    toy.replace("params.yaml", "0.1", "0.5")
    path = f"{tmp_path / 'site'}{os.pathsep}{ROOT / 'src'}"
    for home, command in (
        ("--unset=HOME", "dvc status"),
        ("HOME=/proc/none", "dvc repro train@a"),
        ("HOME=/proc/none", "atelier run"),
    ):
        before = [*nameless, "env", "--unset=LOGNAME", "--unset=USER", home]
        toy.run(*before, *command.split(), PYTHONPATH=path)
    assert toy.atelier("why").stdout == "nothing would run\n"


def test_name_and_home_that_are_set_stay(nameless: list[str]) -> None:
    shown = "print(os.environ.get('LOGNAME'), os.environ.get('USER'), os.environ.get('HOME'))"
    command = [sys.executable, "-c", f"{pth_lines('$(info $(user_line))')}\n{shown}"]

    def seen(*variables: str) -> str:
        words = [*nameless, "env", "--ignore-environment", *variables, *command]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()

    assert seen("USER=ann", "HOME=/proc") == "None ann /proc"
    assert seen() == "12345 None /"
