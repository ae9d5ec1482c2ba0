"""Installed versions are those of the lock, or the stage names the ones that differ."""

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


def record(lock: Path, out: Path, manifests: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "stages/environment.py"), "--lock", str(lock), "--out", str(out)]
    command += ["--code", str(manifests / "environment.json")]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)


def test_both_locks_pin_the_same_versions() -> None:
    assert environment.versions()["numpy"] == version("numpy")
    assert environment.locked(LOCK) == environment.locked(ROOT / "requirements/gpu.txt")


def test_stage_writes_the_versions_only(tmp_path: Path, manifests: Path) -> None:
    done = record(LOCK, tmp_path / "environment.json", manifests)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "environment.json").read_text()) == environment.versions()


def test_version_that_differs_from_the_lock_is_refused(tmp_path: Path, manifests: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text(LOCK.read_text().replace(f"scipy=={version('scipy')}", "scipy==0.1"))
    done = record(lock, tmp_path / "environment.json", manifests)
    assert done.returncode == 1
    assert f"scipy {version('scipy')} (the lock says 0.1)" in done.stderr
    assert not (tmp_path / "environment.json").exists()


def test_lock_without_a_needed_package_is_refused(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text("numpy==2.0 ; python_version < '3' \\\n    --hash=sha256:00\nkeras==3.15.1\n")
    with pytest.raises(ValueError, match=r"pins no version of h5py, numpy, pandas"):
        environment.locked(lock)
