"""The versions that decide numbers are those of the lock, or the stage says which are not."""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from atelier.core import environment

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements/cpu.txt"


def record(lock: Path, out: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "stages/environment.py"), "--lock", str(lock), "--out", str(out)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)


def test_what_is_installed_is_what_both_locks_say() -> None:
    assert environment.versions()["numpy"] == version("numpy")
    assert environment.locked(LOCK) == environment.locked(ROOT / "requirements/gpu.txt")


def test_the_door_writes_versions_and_nothing_of_the_machine(tmp_path: Path) -> None:
    done = record(LOCK, tmp_path / "environment.json")
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "environment.json").read_text()) == environment.versions()


def test_another_version_than_the_locks_is_refused_with_both(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text(LOCK.read_text().replace(f"scipy=={version('scipy')}", "scipy==0.1"))
    done = record(lock, tmp_path / "environment.json")
    assert done.returncode == 1
    assert f"installed: scipy {version('scipy')} (the lock says 0.1); `make setup`" in done.stderr
    assert not (tmp_path / "environment.json").exists()


def test_a_lock_that_pins_too_little_is_refused(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text("numpy==2.0 ; python_version < '3' \\\n    --hash=sha256:00\nkeras==3.15.1\n")
    with pytest.raises(ValueError, match=r"pins no version of h5py, numpy, pandas"):
        environment.locked(lock)
