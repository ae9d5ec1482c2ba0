"""`stages/download.py` as DVC runs it: a process of its own, which may be killed."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from atelier.datasets.mnist.source import FILES

STAGE = Path(__file__).parents[3] / "stages" / "download.py"
NAMES = [file.name for file in FILES]


@pytest.fixture
def command(tmp_path, manifests):
    """Write a params.yaml with that source and return the stage's command."""

    def command(source, dataset="mnist"):
        section = {"source": source, "embedded": {"train": 100, "test": 100, "seed": 0}}
        params = {"downloads": {"mnist": section}, "datasets": {}, "judges": {}, "runs": {}, "edits": {}}
        (tmp_path / "params.yaml").write_text(json.dumps(params))  # JSON is YAML
        code = str(manifests / "download" / "mnist.json")
        options = ["--out", "raw/mnist", "--partial", "downloads/mnist", "--code", code]
        return [sys.executable, str(STAGE), dataset, *options]

    return command


@pytest.fixture
def environment(monkeypatch):
    """Return a function that extends this process's environment, without a mirror."""
    monkeypatch.delenv("ATELIER_MIRROR", raising=False)
    monkeypatch.delenv("ATELIER_TRACEBACK", raising=False)
    return lambda **more: {**os.environ, **more}


@pytest.fixture
def prefix(server, manifest):
    """Serve a mirror with files of MNIST's four names and return its prefix."""
    bodies = {name: name.encode() * 5_000 for name in NAMES}
    for name, body in bodies.items():
        server.script(f"/mnist/{name}", server.file(body, '"v1"'))
    server.script("/manifest.json", server.file(manifest("mnist", bodies)))
    server.bodies = bodies
    return server.url


def run(command, folder, environment):
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)


def test_a_killed_download_continues_where_it_was(command, prefix, server, tmp_path, environment):
    first, killed, *_ = NAMES
    path, half = f"/mnist/{killed}", 60_000
    server.script(path, server.file(server.bodies[killed], '"v1"', upto=half, hold=True))
    process = subprocess.Popen(
        command("mirror"), cwd=tmp_path, env=environment(ATELIER_MIRROR=prefix), stdout=subprocess.DEVNULL
    )
    part = tmp_path / "downloads" / "mnist" / f"{killed}.part"
    deadline = time.monotonic() + 30
    while not (part.is_file() and part.stat().st_size == half):
        assert process.poll() is None, "the download ended before its half"
        assert time.monotonic() < deadline, "the download did not get to its half"
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "raw" / "mnist").exists()

    server.script(path, server.file(server.bodies[killed], '"v1"'))
    again = run(command("mirror"), tmp_path, environment(ATELIER_MIRROR=prefix))
    assert again.returncode == 0, again.stderr
    assert server.ranges(path) == [None, f"bytes={half}-"]
    assert server.ranges(f"/mnist/{first}") == [None]
    for name in NAMES:
        assert (tmp_path / "raw" / "mnist" / name).read_bytes() == server.bodies[name]
    assert f"{first}: 130.0 kB were here already" in again.stdout
    assert f"continued after {half:,} bytes" in again.stdout


def test_a_terminal_shows_a_bar_with_amount_rate_and_time_left(command, prefix, tmp_path, environment):
    ours, theirs = pty.openpty()
    shown = environment(ATELIER_MIRROR=prefix, TERM="xterm", COLUMNS="120", NO_COLOR="1")
    with subprocess.Popen(command("mirror"), cwd=tmp_path, env=shown, stdout=theirs) as process:
        os.close(theirs)
        text = b""
        try:
            while block := os.read(ours, 1 << 16):
                text += block
        except OSError:  # Linux raises this when the other side of a terminal is closed
            pass
        os.close(ours)
    assert process.returncode == 0
    final = text.decode().replace("\r", "\n")
    for name in NAMES:
        assert re.search(rf"mnist/{name} +━+ \d+\.\d/\d+\.\d kB [\d.]+ .?B/s +0:00:00", final)
    assert " from http" not in final


def test_the_twin_is_written_and_recorded(command, tmp_path, environment):
    offline = environment(HTTP_PROXY="http://127.0.0.1:9", HTTPS_PROXY="http://127.0.0.1:9")
    done = run(command("embedded"), tmp_path, offline)
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "raw" / "mnist" / "source.json").read_text())
    assert (record["dataset"], record["source"], sorted(record["files"])) == ("mnist", "embedded", sorted(NAMES))


def test_an_error_is_one_line_without_a_traceback(command, tmp_path, environment):
    done = run(command("mirror"), tmp_path, environment())
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: source: mirror needs ATELIER_MIRROR")


def test_the_error_for_an_unknown_dataset_lists_the_known_ones(command, tmp_path, environment):
    done = run(command("mirror", dataset="../mnist"), tmp_path, environment())
    assert done.returncode == 1
    assert "no '../mnist' in datasets of params.yaml; there are: mnist" in done.stderr


def test_the_stage_loads_no_deep_learning_library_and_prints_help(environment):
    code = (
        "import sys, runpy; sys.argv = ['download.py', '--help']\n"
        f"try: runpy.run_path({str(STAGE)!r}, run_name='__main__')\n"
        "except SystemExit: pass\n"
        "print(sorted({'keras', 'tensorflow', 'jax', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "ATELIER_MIRROR" in done.stdout
