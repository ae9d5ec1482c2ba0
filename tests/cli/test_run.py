"""`atelier run` ends where `dvc repro` does, whatever was run beside what, failed or was interrupted."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

STRESS = 24

# Says which others it saw under way, on which GPU.
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


def serial(toy: Any) -> tuple[str, str]:
    """What `dvc repro` writes from the same beginning: the lock, and what Git is to ignore."""
    toy.dvc("repro")
    return written(toy)


def written(toy: Any) -> tuple[str, str]:
    return (toy.root / "dvc.lock").read_text(), (toy.root / ".gitignore").read_text()


def twin(toy: Any) -> Any:
    """The same repository at another place."""
    toy.commit()
    place = toy.root.parent / "twin"
    toy.git("clone", "-q", str(toy.root), str(place))
    return type(toy)(place)


def wide(toy: Any, command: str = "python step.py", **slots: dict[str, float]) -> None:
    """Make the toy into independent stages of the given names and slots."""
    stages = {
        name: {"cmd": f"{command} {name}", "deps": ["step.py"], "outs": [f"{name}.txt"], "meta": {"slots": asked}}
        for name, asked in slots.items()
    }
    toy.write("dvc.yaml", json.dumps({"stages": stages}))
    toy.write("step.py", STEP)


def log(toy: Any, stage: str) -> str:
    return (toy.root / ".checkpoints/logs" / f"{stage}.log").read_text()


def test_lock_from_nothing_is_the_serial_one_byte_for_byte(unborn: Any) -> None:
    other = twin(unborn)
    done = unborn.atelier("run", "-j", "3")
    assert "6 done" in done.stdout.splitlines()[-1]
    assert written(unborn) == serial(other)
    assert not (unborn.root / ".checkpoints/logs/unfinished.json").exists()


def test_many_tiny_stages_lose_no_update(unborn: Any) -> None:
    names = {f"s{index}": {} for index in range(STRESS)}
    wide(unborn, "touch $DVC_STAGE.txt #", **names)
    other = twin(unborn)
    unborn.atelier("run", "-j", "8")
    lock = written(unborn)
    assert len(re.findall(r"^  s\d+:", lock[0], re.MULTILINE)) == STRESS
    assert lock == serial(other)


def test_nothing_to_do_starts_no_process(toy: Any) -> None:
    before = written(toy)
    done = toy.atelier("run")
    assert re.fullmatch(r"6 unchanged, [\d.]+ s\n", done.stdout)
    assert list((toy.root / ".checkpoints/logs").glob("*.log")) == []
    assert written(toy) == before


def test_stage_whose_input_came_out_the_same_is_not_begun(toy: Any) -> None:
    other = twin(toy)
    for one in (toy, other):
        one.replace("params.yaml", "0.1", "0.5")
    done = toy.atelier("run")
    assert {path.stem for path in (toy.root / ".checkpoints/logs").glob("*.log")} == {"train@a", "score@a"}
    assert "2 done, 4 unchanged" in done.stdout
    assert written(toy) == serial(other)


def test_stage_that_ran_before_with_the_same_inputs_is_restored(toy: Any) -> None:
    toy.replace("params.yaml", "0.1", "0.5")
    toy.atelier("run")
    toy.replace("params.yaml", "0.5", "0.1")
    done = toy.atelier("run")
    assert "train@a: restored" in done.stdout
    assert "2 restored, 4 unchanged" in done.stdout


def test_target_is_brought_up_to_date_with_what_it_comes_after(unborn: Any) -> None:
    unborn.atelier("run", "score@a")
    assert re.findall(r"^  (\S+):", written(unborn)[0], re.MULTILINE) == ["clean", "train@a", "score@a"]


def test_dry_says_what_would_run_and_runs_nothing(unborn: Any) -> None:
    done = unborn.atelier("run", "--dry", "train@a")
    assert done.stdout.splitlines()[0] == "clean: never run"
    assert not (unborn.root / "dvc.lock").exists()


def test_failure_begins_nothing_new_lets_the_others_end_and_shows_the_log(unborn: Any) -> None:
    wide(unborn, bad={}, good={}, late={"cpu": 2})
    unborn.replace("step.py", "import os,", "import sys\nif sys.argv[1] == 'bad': sys.exit('no more')\nimport os,")
    done = unborn.atelier("run", "-j", "2", check=False)
    assert done.returncode == 1
    assert "good: done" in done.stdout
    assert "not begun: late" in done.stdout
    assert "bad failed; .checkpoints/logs/bad.log ends with:" in done.stderr
    assert "no more" in done.stderr
    assert re.findall(r"^  (\S+):", written(unborn)[0], re.MULTILINE) == ["good"]
    unborn.replace("step.py", "'bad'", "'none'")
    assert unborn.atelier("run", "-j", "2").returncode == 0
    names = re.findall(r"^  (\S+):", written(unborn)[0], re.MULTILINE)
    assert names == ["bad", "good", "late"], "as one run that had not failed would have written it"


def test_slots_say_what_runs_beside_what(unborn: Any) -> None:
    wide(unborn, a={"memory": 3}, b={"memory": 3}, c={"memory": 3}, alone={"cpu": 99})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOGETHER", "a,b")
        unborn.atelier("run", "-j", "4", "--memory", "7")
    beside = {name: re.search(r"beside \[(.*)\]", log(unborn, name))[1] for name in ("a", "b", "c", "alone")}
    assert (beside["a"], beside["b"], beside["alone"]) == ("'b'", "'a'", "")
    assert beside["c"] in ("", "'a'", "'b'")


def test_each_stage_that_asks_for_a_gpu_gets_one_of_its_own(unborn: Any) -> None:
    wide(unborn, a={"gpu": 1}, b={"gpu": 1}, none={})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
        patch.setenv("TOGETHER", "a,b")
        unborn.atelier("run", "-j", "2", "a", "b")
    used = {re.findall(r"gpu (\S+)", log(unborn, f"{name}"))[0] for name in "ab"}
    assert used == {"3", "5"}


def test_slip_in_slots_stops_before_any_stage(unborn: Any) -> None:
    wide(unborn, a={"cpu": 0})
    done = unborn.atelier("run", check=False)
    assert done.returncode == 1
    assert done.stderr == "Error: dvc.yaml: a.meta.slots.cpu: got 0; allowed is a whole number at least 1\n"


def test_changed_slots_make_no_stage_run(toy: Any) -> None:
    toy.replace("dvc.yaml", "    outs: [clean]", "    outs: [clean]\n    meta: {slots: {cpu: 2, memory: 4}}")
    assert toy.dvc("status").strip() == "Data and pipelines are up to date."
    assert "6 unchanged" in toy.atelier("run").stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_run_ends_its_stages_and_a_later_one_goes_on(unborn: Any, number: int) -> None:
    other = twin(unborn)
    slow = "import pathlib, time\npathlib.Path('.checkpoints/begun').touch()\nwhile True: time.sleep(0.1)\n"
    unborn.write("slow.py", slow)
    for one in (unborn, other):
        one.replace("dvc.yaml", "mkdir -p scores &&", "mkdir -p scores && if [ -f slow.py ]; then python slow.py; fi;")
    begun = unborn.root / ".checkpoints/begun"
    command = [sys.executable, "-m", "atelier.cli.main", "run", "-j", "1"]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    with subprocess.Popen(command, cwd=unborn.root, env=environment, stdout=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 120
        while not begun.exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(number)
        said, _ = process.communicate(timeout=120)
    assert process.returncode == 130
    assert re.search(r"^score@\w: interrupted", said, re.MULTILINE)
    assert "not begun: " in said
    unborn.remove("slow.py")
    unborn.atelier("run", "-j", "2")
    assert written(unborn) == serial(other)


def test_second_run_in_the_same_checkout_is_refused(toy: Any) -> None:
    import fcntl

    guard = toy.root / ".checkpoints/logs/lock"
    guard.parent.mkdir(parents=True)
    with guard.open("w") as file:
        file.write("4321")
        file.flush()
        fcntl.flock(file, fcntl.LOCK_EX)
        done = toy.atelier("run", check=False)
    assert done.stderr == "Error: another `atelier run` works here (process 4321); wait for it\n"


@pytest.fixture
def remote(toy: Any, tmp_path: Path) -> Any:
    """A toy whose data and run cache are in a remote."""
    toy.dvc("remote", "add", "-d", "store", str(tmp_path / "store"))
    toy.dvc("push", "--run-cache")
    return toy


def test_pull_restores_a_fresh_clone_and_runs_nothing(remote: Any) -> None:
    bare = twin(remote)
    done = bare.atelier("run", "--pull")
    assert "done" not in done.stdout
    assert (bare.root / "models/a").read_bytes() == (remote.root / "models/a").read_bytes()
    assert written(bare) == written(remote)
    assert bare.atelier("why").stdout == "nothing would run\n"


def test_pull_runs_what_changed_on_what_it_fetched(remote: Any) -> None:
    bare = twin(remote)
    bare.replace("params.yaml", "0.1", "0.5")
    done = bare.atelier("run", "--pull")
    assert "train@a: done" in done.stdout
    assert "train@b: done" not in done.stdout
    assert bare.atelier("why").stdout == "nothing would run\n"


def test_pull_without_a_remote_is_one_line(toy: Any) -> None:
    toy.remove("models/a")
    toy.remove(".dvc/cache/files")
    done = toy.atelier("run", "--pull", check=False)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "remote" in done.stderr


def test_terminal_sees_what_runs_and_each_end(toy: Any) -> None:
    toy.replace("params.yaml", "0.1", "0.5")
    ours, theirs = os.openpty()
    environment = os.environ | {
        "PYTHONPATH": str(Path(__file__).parents[2] / "src"),
        "TERM": "xterm",
        "COLUMNS": "120",
        "LINES": "40",
    }
    command = [sys.executable, "-m", "atelier.cli.main", "run"]
    with subprocess.Popen(command, cwd=toy.root, env=environment, stdout=theirs) as process:
        os.close(theirs)
        said = b""
        while True:
            try:
                block = os.read(ours, 4096)
            except OSError:
                break  # Linux says so when the other side is closed.
            if not block:
                break
            said += block
    os.close(ours)
    assert process.returncode == 0
    assert b"1 running" in said
    assert b"train@a: done" in said
    assert b"started" not in said
