"""`atelier run` ends where `dvc repro` does, whatever ran side by side, failed or was interrupted."""

import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from checkout import Checkout
from signals import default_signals

MANY = 16
COMMAND = [sys.executable, "-m", "atelier.cli.main", "run"]

# Prints which other stages ran at the same time, and its GPU.
STEP = """
import os, pathlib, sys, time
name = sys.argv[1]
mark = pathlib.Path(".checkpoints", name)
mark.touch()
together = os.environ.get("TOGETHER", "").split(",")
deadline = time.monotonic() + (60 if name in together else 0)
beside = set()
while True:
    beside |= {path.name for path in pathlib.Path(".checkpoints").iterdir() if path.is_file()} - {name}
    if beside or time.monotonic() > deadline:
        break
    time.sleep(0.02)
# So that the other sees this one as well.
time.sleep(0.3)
mark.unlink()
print("gpu", os.environ.get("CUDA_VISIBLE_DEVICES", "none"), "beside", sorted(beside))
pathlib.Path(name + ".txt").write_text(name)
"""
SLOW = "import pathlib, time\npathlib.Path('.checkpoints/begun').touch()\nwhile True: time.sleep(0.1)\n"


def after_repro(checkout: Checkout) -> tuple[Any, set[str]]:
    """What `dvc repro` writes from the same beginning: the lock, and what Git ignores."""
    checkout.dvc("repro")
    return written(checkout)


def written(checkout: Checkout) -> tuple[Any, set[str]]:
    return lock(checkout), set(checkout.read(".gitignore").splitlines())


def lock(checkout: Checkout) -> dict[str, Any]:
    return yaml.safe_load(checkout.read("dvc.lock"))["stages"]


def twin(checkout: Checkout) -> Checkout:
    """The same repository in another directory."""
    checkout.commit()
    return checkout.clone(checkout.root.parent / "twin")


def wide(checkout: Checkout, command: str = "python step.py", **slots: dict[str, float]) -> None:
    """Turn the toy into independent stages with the given names and slots."""
    stages = {
        name: {"cmd": f"{command} {name}", "deps": ["step.py"], "outs": [f"{name}.txt"], "meta": {"slots": asked}}
        for name, asked in slots.items()
    }
    checkout.write("dvc.yaml", json.dumps({"stages": stages}))
    checkout.write("step.py", STEP)


def log(checkout: Checkout, stage: str) -> str:
    return checkout.read(f".checkpoints/logs/{stage}.log")


def logged(checkout: Checkout) -> set[str]:
    return {path.stem for path in (checkout.root / ".checkpoints/logs").glob("*.log")}


def test_lock_from_nothing_is_that_of_dvc_repro(unborn: Checkout) -> None:
    other = twin(unborn)
    done = unborn.atelier("run", "-j", "3")
    assert "6 done" in done.stdout.splitlines()[-1]
    assert written(unborn) == after_repro(other)


def test_many_tiny_stages_lose_no_update(unborn: Checkout) -> None:
    wide(unborn, "touch $DVC_STAGE.txt #", **{f"s{index}": {} for index in range(MANY)})
    other = twin(unborn)
    unborn.atelier("run", "-j", "8")
    assert len(lock(unborn)) == MANY
    assert written(unborn) == after_repro(other)


def test_nothing_to_do_starts_no_process(toy: Checkout) -> None:
    before = written(toy)
    done = toy.atelier("run")
    assert re.fullmatch(r"6 unchanged, [\d.]+ s\n", done.stdout)
    assert logged(toy) == set()
    assert written(toy) == before


def test_stage_whose_input_came_out_the_same_does_not_start(toy: Checkout) -> None:
    other = twin(toy)
    for checkout in (toy, other):
        checkout.replace("params.yaml", "0.1", "0.5")
    done = toy.atelier("run")
    assert logged(toy) == {"train@a", "score@a"}
    assert "2 done, 4 unchanged" in done.stdout
    assert written(toy) == after_repro(other)


def test_stage_that_ran_before_with_the_same_inputs_is_restored(toy: Checkout) -> None:
    toy.replace("params.yaml", "0.1", "0.5")
    toy.dvc("repro")
    toy.replace("params.yaml", "0.5", "0.1")
    done = toy.atelier("run")
    assert "train@a: restored" in done.stdout
    assert "2 restored, 4 unchanged" in done.stdout


def test_target_is_brought_up_to_date_with_its_upstream_stages(unborn: Checkout) -> None:
    unborn.atelier("run", "score@a")
    assert set(lock(unborn)) == {"clean", "train@a", "score@a"}


def test_dry_shows_what_would_run_and_runs_nothing(unborn: Checkout) -> None:
    done = unborn.atelier("run", "--dry", "train@a")
    assert done.stdout.splitlines()[0] == "clean: never run"
    assert not (unborn.root / "dvc.lock").exists()


def test_after_a_failure_nothing_starts_running_stages_end_and_the_log_is_shown(unborn: Checkout) -> None:
    wide(unborn, bad={}, good={}, late={"cpu": 2})
    unborn.replace("step.py", "import os,", "import sys\nif sys.argv[1] == 'bad': sys.exit('no more')\nimport os,")
    done = unborn.atelier("run", "-j", "2", status=1)
    assert "good: done" in done.stdout
    assert "not started: late" in done.stdout
    assert ".checkpoints/logs/bad.log" in done.stderr
    assert "no more" in done.stderr
    assert set(lock(unborn)) == {"good"}
    unborn.replace("step.py", "'bad'", "'none'")
    unborn.atelier("run", "-j", "2")
    assert set(lock(unborn)) == {"bad", "good", "late"}


def test_slots_decide_what_runs_side_by_side(unborn: Checkout) -> None:
    wide(unborn, a={"memory": 3}, b={"memory": 3}, c={"memory": 3}, alone={"cpu": 99})
    unborn.environment["TOGETHER"] = "a,b"
    unborn.atelier("run", "-j", "4", "--memory", "7")
    beside = {name: re.search(r"beside \[(.*)\]", log(unborn, name))[1] for name in ("a", "b", "c", "alone")}
    assert (beside["a"], beside["b"], beside["alone"]) == ("'b'", "'a'", "")
    assert beside["c"] in ("", "'a'", "'b'")


def test_each_stage_that_needs_a_gpu_gets_one_of_its_own(unborn: Checkout) -> None:
    wide(unborn, a={"gpu": 1}, b={"gpu": 1}, none={})
    unborn.environment |= {"CUDA_VISIBLE_DEVICES": "3,5", "TOGETHER": "a,b"}
    unborn.atelier("run", "-j", "2", "a", "b")
    assert {re.findall(r"gpu (\S+)", log(unborn, name))[0] for name in "ab"} == {"3", "5"}


def test_invalid_slots_stop_before_any_stage(unborn: Checkout) -> None:
    wide(unborn, a={"cpu": 0})
    line = unborn.refusal("run")
    assert line.startswith("dvc.yaml: a.meta.slots.cpu: got 0; allowed is ")


def test_changed_slots_make_no_stage_run(toy: Checkout) -> None:
    toy.replace("dvc.yaml", "    outs: [clean]", "    outs: [clean]\n    meta: {slots: {cpu: 2, memory: 4}}")
    assert toy.dvc("status").stdout.strip() == "Data and pipelines are up to date."
    assert "6 unchanged" in toy.atelier("run").stdout


@contextmanager
def slow_run(checkout: Checkout, *before: str) -> Iterator[subprocess.Popen[str]]:
    """A run that is computing one of its scores, until it is interrupted; `before` precedes the command."""
    checkout.write("slow.py", SLOW)
    checkout.replace("dvc.yaml", "mkdir -p scores &&", "mkdir -p scores && if [ -f slow.py ]; then python slow.py; fi;")
    with default_signals():
        process = subprocess.Popen(
            [*before, *COMMAND, "-j", "1"],
            cwd=checkout.root,
            env=os.environ | checkout.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        deadline = time.monotonic() + 120
        while not (checkout.root / ".checkpoints/begun").exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield process
    finally:
        # On SIGTERM it also ends its stages.
        process.terminate()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_run_ends_its_stages_and_a_later_one_continues(unborn: Checkout, number: int) -> None:
    other = twin(unborn)
    with slow_run(unborn) as process:
        process.send_signal(number)
        said, _ = process.communicate(timeout=120)
    assert process.returncode == 130
    assert re.search(r"^score@\w: interrupted", said, re.MULTILINE)
    assert "not started: " in said
    unborn.remove("slow.py")
    unborn.atelier("run", "-j", "2")
    other.write("dvc.yaml", unborn.read("dvc.yaml"))
    assert written(unborn) == after_repro(other)


def test_run_under_nohup_survives_the_end_of_its_terminal(unborn: Checkout) -> None:
    with slow_run(unborn, "nohup") as process:
        process.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=120)
    assert process.returncode == 130
    # One line for each start and each end, each printed at once.
    lines = [line for line in said.splitlines() if re.match(r"\S+: (started|done|interrupted)", line)]
    assert [line.partition(" in ")[0] for line in lines][:2] == ["clean: started", "clean: done"]


def test_second_run_in_the_same_checkout_is_refused(toy: Checkout) -> None:
    toy.write(".checkpoints/logs/lock", "4321")
    with (toy.root / ".checkpoints/logs/lock").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert "process 4321" in toy.refusal("run")


@pytest.fixture
def remote(toy: Checkout, tmp_path: Path) -> Checkout:
    """A toy whose data and run cache are in a remote."""
    toy.dvc("remote", "add", "-d", "store", str(tmp_path / "store"))
    toy.dvc("push", "--run-cache")
    return toy


def test_pull_restores_a_fresh_clone_and_runs_nothing(remote: Checkout) -> None:
    bare = twin(remote)
    done = bare.atelier("run", "--pull")
    assert "done" not in done.stdout
    assert bare.read("models/a") == remote.read("models/a")
    assert written(bare) == written(remote)
    assert bare.atelier("why").stdout == "nothing would run\n"


def test_pull_runs_what_changed_on_fetched_data(remote: Checkout) -> None:
    bare = twin(remote)
    bare.replace("params.yaml", "0.1", "0.5")
    done = bare.atelier("run", "--pull")
    assert "train@a: done" in done.stdout
    assert "train@b: done" not in done.stdout
    assert bare.atelier("why").stdout == "nothing would run\n"


def test_pull_without_a_remote_is_one_line(toy: Checkout) -> None:
    toy.remove("models/a")
    toy.remove(".dvc/cache/files")
    assert "remote" in toy.refusal("run", "--pull")


def test_terminal_shows_running_stages_and_each_end(toy: Checkout) -> None:
    toy.replace("params.yaml", "0.1", "0.5")
    ours, theirs = os.openpty()
    environment = os.environ | toy.environment | {"TERM": "xterm", "COLUMNS": "120", "LINES": "40"}
    with subprocess.Popen(COMMAND, cwd=toy.root, env=environment, stdout=theirs) as process:
        os.close(theirs)
        said = b""
        while True:
            try:
                block = os.read(ours, 4096)
            except OSError:
                break  # Linux reports a closed other side so.
            if not block:
                break
            said += block
    os.close(ours)
    assert process.returncode == 0
    assert b"1 running" in said
    assert b"train@a: done" in said
    assert b"started" not in said
