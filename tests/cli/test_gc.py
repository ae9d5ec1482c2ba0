"""`atelier gc` removes what nothing uses, and nothing else."""

import hashlib
import json
import os
from pathlib import Path

import pytest
from checkout import BIN, Checkout

PIPELINE = """
stages:
  train:
    cmd: cp params.yaml model --checkpoints .checkpoints/runs/one
    deps: [params.yaml]
    outs: [model]
"""
# `cp` has no such option: a script of that name replaces it, and leaves a checkpoint as a training does.
COPY = '#!/bin/sh\nmkdir -p "$4/state"\necho weights >"$4/state/weights"\nexec /bin/cp "$1" "$2"\n'


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout with one stage, whose output is a copy of its parameters, run and committed once."""
    place = tmp_path_factory.mktemp("gc")
    script = place / "bin" / "cp"
    script.parent.mkdir()
    script.write_text(COPY, encoding="utf-8")
    script.chmod(0o755)
    path = os.pathsep.join([str(script.parent), str(BIN), os.environ["PATH"]])
    checkout = Checkout(place / "checkout", PATH=path).init()
    checkout.write("dvc.yaml", PIPELINE)
    checkout.write(".gitignore", "/model\n/.checkpoints/\n")
    train(checkout, "first")
    checkout.commit()
    return checkout


@pytest.fixture
def checkout(template: Checkout, tmp_path: Path) -> Checkout:
    return template.copy(tmp_path / "checkout")


def train(checkout: Checkout, name: str) -> Path:
    """Run the stage with other parameters, and return the object that the cache has of its output."""
    checkout.write("params.yaml", f"name: {name}\n")
    checkout.dvc("repro", "-q")
    return cached(checkout, name)


def cached(checkout: Checkout, name: str) -> Path:
    digest = hashlib.md5(f"name: {name}\n".encode(), usedforsecurity=False).hexdigest()
    return checkout.root / ".dvc/cache/files/md5" / digest[:2] / digest[2:]


def in_run_cache(checkout: Checkout) -> list[Path]:
    return list((checkout.root / ".dvc/cache/runs").glob("*/*/*"))


def test_objects_of_a_tag_a_remote_branch_a_stash_and_the_workspace_stay_and_an_orphan_goes(checkout: Checkout) -> None:
    tagged = train(checkout, "tagged")
    checkout.commit("tagged")
    checkout.git("tag", "-a", "v1", "-m", "a version")
    remote = train(checkout, "remote")
    checkout.git("update-ref", "refs/remotes/origin/feature", checkout.commit("remote"))
    branch = train(checkout, "branch")
    checkout.git("branch", "other", checkout.commit("branch"))
    stashed = [train(checkout, "stashed")]
    checkout.git("stash", "-q")
    # A second one: only the newest stash has a name of its own.
    stashed.append(train(checkout, "stashed later"))
    checkout.git("stash", "-q")
    orphan = train(checkout, "orphan")
    checkout.commit("on no branch")
    checkout.git("reset", "-q", "--hard", "HEAD~4")
    here = train(checkout, "uncommitted")
    used = [cached(checkout, "first"), tagged, remote, branch, *stashed, here]
    assert all(path.is_file() for path in [*used, orphan])

    assert "can be removed" in checkout.atelier("gc", "--only", "objects").stdout
    assert orphan.is_file()
    listed = checkout.atelier("gc", "--only", "objects", "--verbose").stdout
    assert str(orphan.relative_to(checkout.root)) in listed
    assert not any(str(path.relative_to(checkout.root)) in listed for path in used)

    checkout.atelier("gc", "--only", "objects", "--apply", "--yes")
    assert [path.is_file() for path in used] == [True] * len(used)
    assert not orphan.exists()
    assert "nothing to remove" in checkout.atelier("gc", "--only", "objects").stdout


def test_objects_of_an_experiment_stay(checkout: Checkout) -> None:
    checkout.dvc("exp", "run", "-q", "-S", "name=tried")
    tried = cached(checkout, "tried")
    checkout.git("checkout", "-q", "-f", ".")
    checkout.dvc("checkout", "-q")
    assert tried.is_file()
    checkout.atelier("gc", "--apply", "--yes")
    assert tried.is_file()


def test_what_the_lock_names_stays_when_its_stage_has_left_the_pipeline(checkout: Checkout) -> None:
    checkout.write("dvc.yaml", "stages: {}\n")
    checkout.commit("without the stage")
    assert "model" in checkout.read("dvc.lock")
    # A branch of one commit, so that no other one names the object.
    checkout.git("checkout", "-q", "--orphan", "lone")
    checkout.commit("lone")
    checkout.git("branch", "-q", "-D", "main")
    checkout.atelier("gc", "--apply", "--yes", "--only", "objects")
    assert cached(checkout, "first").is_file()


def test_run_cache_loses_the_entries_without_their_outputs_and_keeps_the_others(checkout: Checkout) -> None:
    train(checkout, "orphan")
    train(checkout, "first")
    assert len(in_run_cache(checkout)) == 2
    checkout.atelier("gc", "--apply", "--yes")
    (kept,) = in_run_cache(checkout)
    assert cached(checkout, "first").parent.name + cached(checkout, "first").name in kept.read_text(encoding="utf-8")
    # The stage is restored from it.
    checkout.remove("model")
    assert "is cached" in checkout.dvc("repro").stdout
    assert checkout.read("model") == "name: first\n"


def test_state_of_an_interrupted_training_stays_and_that_of_a_finished_one_is_removed(checkout: Checkout) -> None:
    state = checkout.root / ".checkpoints/runs/one/state/weights"
    for name in ("runs/removed/state", "mine"):
        (checkout.root / ".checkpoints" / name).mkdir(parents=True)
    checkout.write("params.yaml", "name: interrupted\n")
    checkout.atelier("gc", "--apply", "--yes")
    assert state.is_file()
    assert not (checkout.root / ".checkpoints/runs/removed").exists()
    # Of no known stage: not ours to remove.
    assert (checkout.root / ".checkpoints/mine").is_dir()
    checkout.write("params.yaml", "name: first\n")
    checkout.atelier("gc", "--apply", "--yes")
    assert not state.exists()


def test_logs_of_finished_or_removed_stages_and_fetched_versions_are_removed(checkout: Checkout) -> None:
    for name in ("logs/train.log", "logs/train@gone.log", "logs/lock", "versions/abc/model.weights.h5"):
        checkout.write(f".checkpoints/{name}", "content")
    said = checkout.atelier("gc", "--only", "logs", "--only", "versions", "-v").stdout
    assert all(name in said for name in ("logs/train.log", "logs/train@gone.log", "versions/abc"))
    checkout.atelier("gc", "--apply", "--yes", "--only", "logs")
    assert sorted(path.name for path in (checkout.root / ".checkpoints").iterdir()) == ["logs", "runs", "versions"]
    assert [path.name for path in (checkout.root / ".checkpoints/logs").iterdir()] == ["lock"]


def test_nothing_is_removed_without_a_yes(checkout: Checkout) -> None:
    orphan = train(checkout, "orphan")
    train(checkout, "first")
    assert "Remove " in checkout.atelier("gc", "--apply", answer="n\n").stdout
    assert orphan.is_file()
    checkout.atelier("gc", "--apply", answer="y\n")
    assert not orphan.exists()


def test_nothing_is_removed_while_a_commit_cannot_be_read(checkout: Checkout) -> None:
    orphan = train(checkout, "orphan")
    train(checkout, "first")
    checkout.write("dvc.yaml", "stages: [broken\n")
    checkout.git("branch", "broken", checkout.commit("broken"))
    checkout.git("reset", "-q", "--hard", "HEAD~1")
    assert "nothing is removed" in checkout.refusal("gc", "--apply", "--yes")
    assert orphan.is_file()


def test_nothing_is_removed_while_dvc_is_running(checkout: Checkout) -> None:
    orphan = train(checkout, "orphan")
    train(checkout, "first")
    holder = {"pid": os.getpid(), "cmd": "dvc repro"}
    checkout.write(".dvc/tmp/rwlock", json.dumps({"write": {"model": holder}, "read": {}}))
    assert "`dvc repro` is running here" in checkout.refusal("gc", "--apply", "--yes")
    assert orphan.is_file()


def test_a_cache_outside_of_the_checkout_is_left_alone(checkout: Checkout, tmp_path: Path) -> None:
    checkout.dvc("cache", "dir", "--local", str(tmp_path / "shared"))
    train(checkout, "orphan")
    train(checkout, "first")
    before = sorted((tmp_path / "shared").rglob("*"))
    assert "others may use it" in checkout.atelier("gc", "--apply", "--yes").stdout
    assert sorted((tmp_path / "shared").rglob("*")) == before
